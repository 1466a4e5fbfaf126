package checks

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const checkTimeout = 15 * time.Second

// Check has a name and a body that panics where it fails.
type Check struct {
	Name string
	Body func()
}

// Must stops the running check: the panic is caught by its caller, which prints the reason.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Get is the value, if there is no error.
func Get[T any](value T, err error) T {
	Must(err)
	return value
}

// Expect stops the running check unless both are equal.
func Expect(actual, wanted any, what string) {
	if !reflect.DeepEqual(actual, wanted) {
		panic(fmt.Sprintf("%s: got %.100q, wanted %.100q", what, fmt.Sprint(actual), fmt.Sprint(wanted)))
	}
}

// ExpectTrue stops the running check unless the condition holds.
func ExpectTrue(condition bool, what string, args ...any) {
	if !condition {
		panic(fmt.Sprintf(what, args...))
	}
}

// Eventually waits until the condition holds.
func Eventually(condition func() bool, what string) {
	for deadline := time.Now().Add(checkTimeout); !condition(); time.Sleep(10 * time.Millisecond) {
		ExpectTrue(time.Now().Before(deadline), "never: %s", what)
	}
}

// Argument is the program's argument at that place, a number.
func Argument(index int) int { return Get(strconv.Atoi(os.Args[index])) }

// limited runs one check and gives the reason of its failure, or "".
func limited(body func()) string {
	result := make(chan string, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				result <- strings.Join(strings.Fields("failed: "+fmt.Sprint(reason)), " ")
			}
		}()
		body()
		result <- ""
	}()
	select {
	case reason := <-result:
		return reason
	case <-time.After(checkTimeout):
		return "no result within " + checkTimeout.String()
	}
}

// Report runs the checks one after the other and prints one line each: `ok NAME` or `FAIL NAME: reason`.
func Report(checks ...Check) {
	for _, check := range checks {
		if reason := limited(check.Body); reason != "" {
			fmt.Printf("FAIL %s: %s\n", check.Name, reason)
		} else {
			fmt.Println("ok", check.Name)
		}
	}
}
