// redsync: that its locks exclude, between goroutines that hold connections of their own.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"

	"sigrun/tests/clients/checks"
)

var background = context.Background()

func connect() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", checks.Argument(2)),
		Protocol: checks.Argument(1)})
}

func lockers() *redsync.Redsync { return redsync.New(goredis.NewPool(connect())) }

func expectTaken(err error) {
	var taken *redsync.ErrTaken
	checks.ExpectTrue(errors.As(err, &taken), "wanted that the lock is taken, got: %v", err)
}

func main() {
	client, locks, others := connect(), lockers(), lockers()
	checks.Report(
		checks.Check{Name: "lock", Body: func() {
			mutex := locks.NewMutex("a")
			checks.Must(mutex.Lock())
			checks.Expect(checks.Get(client.Get(background, "a").Result()), mutex.Value(), "the lock's key")
			expectTaken(others.NewMutex("a").TryLock())
			checks.ExpectTrue(checks.Get(mutex.Unlock()), "not unlocked")
			checks.Must(others.NewMutex("a").TryLock())
		}},
		checks.Check{Name: "excludes", Body: func() { excludes(client, checks.Argument(5)) }},
		checks.Check{Name: "expires", Body: func() {
			first, second := locks.NewMutex("e", redsync.WithExpiry(300*time.Millisecond)), others.NewMutex("e")
			checks.Must(first.Lock())
			expectTaken(second.TryLock())
			time.Sleep(350 * time.Millisecond)
			checks.Must(second.TryLock())
			unlocked, err := first.Unlock() // It is the other's by now.
			checks.ExpectTrue(!unlocked && err != nil, "a lock that had expired was unlocked")
			checks.Expect(checks.Get(client.Get(background, "e").Result()), second.Value(), "the lock's key")
		}},
		checks.Check{Name: "extend", Body: func() {
			mutex := locks.NewMutex("l", redsync.WithExpiry(500*time.Millisecond))
			checks.Must(mutex.Lock())
			for range 4 {
				time.Sleep(200 * time.Millisecond)
				checks.ExpectTrue(checks.Get(mutex.Extend()), "not extended")
			}
			expectTaken(others.NewMutex("l").TryLock())
			checks.ExpectTrue(checks.Get(mutex.Valid()), "the lock is not valid")
			checks.Must(client.Del(background, "l").Err())
			extended, _ := mutex.Extend()
			checks.ExpectTrue(!extended, "a lock that was gone was extended")
		}},
	)
}

// excludes adds to a number that is read, and written a moment later: only a lock keeps its sum exact.
func excludes(client *redis.Client, rounds int) {
	checks.Must(client.Set(background, "sum", 0, 0).Err())
	var group sync.WaitGroup
	failures := make(chan any, 5)
	for range 5 {
		group.Add(1)
		go func() {
			defer group.Done()
			defer func() {
				if failure := recover(); failure != nil {
					failures <- failure
				}
			}()
			mutex := lockers().NewMutex("sum-lock", redsync.WithTries(5000), redsync.WithRetryDelay(5*time.Millisecond))
			for range rounds / 5 {
				checks.Must(mutex.Lock())
				before := checks.Get(client.Get(background, "sum").Int())
				time.Sleep(time.Millisecond)
				checks.Must(client.Set(background, "sum", before+1, 0).Err())
				checks.ExpectTrue(checks.Get(mutex.Unlock()), "not unlocked")
			}
		}()
	}
	group.Wait()
	if len(failures) > 0 {
		panic(<-failures)
	}
	checks.Expect(checks.Get(client.Get(background, "sum").Int()), rounds, "the sum")
}
