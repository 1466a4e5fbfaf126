// Package checks is the list of checks for every Go client; a client's own program adapts its library to Library and
// Session.
//
// Called as: <client> PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
// Prints one line a check: `ok NAME` or `FAIL NAME: reason`.
package checks

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	poolSize     = 50
	checkTimeout = 15 * time.Second
)

// Options says where and how to connect.
type Options struct {
	Port, DB, Protocol int
	Password           string
}

// Value is a bulk string, or the null that stands for a missing key.
type Value struct {
	Text    string
	Present bool
}

// Session runs commands on one connection, or on a client that looks like one.
type Session interface {
	Ping() (string, error)
	Set(key, value string, expiry time.Duration) error // No expiry when 0.
	Get(key string) (Value, error)
	MSet(values ...string) error
	MGet(keys ...string) ([]Value, error)
	Incr(key string) (int64, error)
	IncrBy(key string, by int64) (int64, error)
	Decr(key string) (int64, error)
	TTL(key string) (int64, error) // As the server says it: -1 and -2 included.
	Expire(key string, seconds int64) (bool, error)
	Persist(key string) (bool, error)
	Exists(key string) (int64, error)
	DBSize() (int64, error)
	FlushDB() error
	FlushAll() error
	ClientInfo() (string, error)
	ClientList() (string, error)
	ClientID() (int64, error)
	Kill(id int64) (int64, error)
	Pipeline(commands [][]string) ([]string, error)
	Scan(match string, count int64) ([]string, error)
	Close() error
}

// Pool lends each task a connection of its own while the task runs.
type Pool interface {
	Run(task func(Session) error) error
	Close() error
}

// Library opens connections with one client library.
type Library interface {
	Open(Options) (Session, error)
	OpenPool(size int, options Options) (Pool, error)
	IsReplyError(error) bool
}

type list struct {
	library          Library
	main             Session
	options          Options
	authPort, rounds int
	password         string
}

// must stops the running check: the panic is caught by its caller, which prints the reason.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func get[T any](value T, err error) T {
	must(err)
	return value
}

func expect(actual, wanted any, what string) {
	if !reflect.DeepEqual(actual, wanted) {
		panic(fmt.Sprintf("%s: got %.100q, wanted %.100q", what, fmt.Sprint(actual), fmt.Sprint(wanted)))
	}
}

func expectTrue(condition bool, what string, args ...any) {
	if !condition {
		panic(fmt.Sprintf(what, args...))
	}
}

func binary() string {
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	return string(bytes) + "\r\n\x00\r\n"
}

func (l *list) open(change func(*Options)) Session {
	options := l.options
	if change != nil {
		change(&options)
	}
	return get(l.library.Open(options))
}

func (l *list) connect() {
	expect(get(l.main.Ping()), "PONG", "PING")
	info := get(l.main.ClientInfo()) + " "
	expectTrue(strings.Contains(info, fmt.Sprintf(" resp=%d", l.options.Protocol)), "protocol in %s", info)
	expectTrue(strings.Contains(info, " db=0 "), "database in %s", info)
}

func (l *list) binaryValue() {
	must(l.main.Set("binary", binary(), 100*time.Second))
	expect(get(l.main.Get("binary")), Value{binary(), true}, "GET")
	left := get(l.main.TTL("binary"))
	expectTrue(left >= 1 && left <= 100, "TTL %d", left)
	large := strings.Repeat(binary(), 4000)
	must(l.main.Set("large", large, 0))
	expectTrue(get(l.main.Get("large")) == Value{large, true}, "GET of a large value differs")
}

func (l *list) expiry() {
	must(l.main.Set("short", "v", 500*time.Millisecond))
	expect(get(l.main.Get("short")), Value{"v", true}, "GET before")
	time.Sleep(600 * time.Millisecond)
	expect(get(l.main.Get("short")), Value{}, "GET after")
}

func (l *list) msetMget() {
	must(l.main.MSet("m1", "a", "m2", binary(), "m3", ""))
	expect(get(l.main.MGet("m1", "missing", "m2", "m3")), []Value{{"a", true}, {}, {binary(), true}, {"", true}}, "MGET")
}

func (l *list) incr() {
	expect([]int64{get(l.main.Incr("n")), get(l.main.Incr("n"))}, []int64{1, 2}, "INCR twice")
	expect(get(l.main.IncrBy("n", 40)), int64(42), "INCRBY")
	expect(get(l.main.Decr("n")), int64(41), "DECR")
	expect(get(l.main.Get("n")), Value{"41", true}, "GET")
}

func (l *list) expireTTL() {
	must(l.main.Set("e", "v", 0))
	expect([]int64{get(l.main.TTL("missing")), get(l.main.TTL("e"))}, []int64{-2, -1}, "TTL without one")
	expect(get(l.main.Expire("e", 50)), true, "EXPIRE")
	left := get(l.main.TTL("e"))
	expectTrue(left >= 48 && left <= 50, "TTL %d", left)
	expect(get(l.main.Persist("e")), true, "PERSIST")
	expect(get(l.main.TTL("e")), int64(-1), "TTL after PERSIST")
	expect(get(l.main.Expire("missing", 50)), false, "EXPIRE of a missing key")
}

func (l *list) pipeline() {
	var commands [][]string
	var wanted []string
	for i := range 500 {
		number := strconv.Itoa(i)
		commands = append(commands, []string{"SET", "pipe:" + number, number}, []string{"GET", "pipe:" + number})
		wanted = append(wanted, "OK", number)
	}
	expect(get(l.main.Pipeline(commands)), wanted, "replies in order")
}

func (l *list) pool() {
	pool := get(l.library.OpenPool(poolSize, l.options))
	var connected, done sync.WaitGroup
	connected.Add(poolSize)
	release := make(chan struct{})
	failures := make(chan error, poolSize)
	for number := range poolSize {
		done.Go(func() {
			failures <- pool.Run(func(session Session) error {
				_, err := session.Ping()
				connected.Done()
				<-release
				if err != nil {
					return err
				}
				return l.work(session, fmt.Sprintf("pool:%d", number))
			})
		})
	}
	connected.Wait()
	clients := strings.Count(strings.TrimSpace(get(l.main.ClientList())), "\n") + 1
	close(release)
	done.Wait()
	for range poolSize {
		must(<-failures)
	}
	expectTrue(clients >= poolSize, "only %d connections at once", clients)
	expect(get(l.main.Get("pool:sum")), Value{strconv.Itoa(poolSize * l.rounds), true}, "sum of all increments")
	must(pool.Close())
}

func (l *list) work(session Session, key string) error {
	for i := range l.rounds {
		number := strconv.Itoa(i)
		if _, err := session.Incr("pool:sum"); err != nil {
			return err
		}
		if err := session.Set(key, number, 0); err != nil {
			return err
		}
		if value, err := session.Get(key); err != nil || value.Text != number {
			return fmt.Errorf("own key %s: %v, %v", key, value, err)
		}
	}
	return nil
}

func (l *list) scan() {
	must(l.main.FlushDB())
	var keys, arguments []string
	for i := range 1500 {
		keys = append(keys, fmt.Sprintf("scan:%d", i))
		arguments = append(arguments, keys[i], "v")
	}
	must(l.main.MSet(arguments...))
	slices.Sort(keys)
	expect(unique(get(l.main.Scan("*", 100))), keys, "all keys")
	expect(len(unique(get(l.main.Scan("scan:1*", 100)))), 611, "keys that match scan:1*")
}

// unique gives the keys once and in order, since SCAN may say a key twice.
func unique(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (l *list) errorReply() {
	must(l.main.Set("text", "abc", 0))
	_, err := l.main.Incr("text")
	expectTrue(err != nil && l.library.IsReplyError(err), "INCR of a text: %T %v", err, err)
	expectTrue(strings.Contains(err.Error(), "value is not an integer or out of range"), "error text: %v", err)
	expect(get(l.main.Get("text")), Value{"abc", true}, "GET after the error")
}

func (l *list) reconnect() {
	admin := l.open(nil)
	before := get(l.main.ClientID())
	expect(get(admin.Kill(before)), int64(1), "CLIENT KILL ID")
	deadline := time.Now().Add(5 * time.Second)
	for {
		value, err := l.main.Get("text")
		if err == nil {
			expect(value, Value{"abc", true}, "GET after the kill")
			break
		}
		expectTrue(!l.library.IsReplyError(err) && time.Now().Before(deadline), "GET after the kill: %v", err)
		time.Sleep(20 * time.Millisecond)
	}
	expectTrue(get(l.main.ClientID()) != before, "the connection was not killed")
	must(admin.Close())
}

func (l *list) selectDB() {
	other := l.open(func(options *Options) { options.DB = 5 })
	must(other.Set("only:5", "v", 0))
	expectTrue(strings.Contains(get(other.ClientInfo()), " db=5 "), "database in CLIENT INFO")
	expect([]int64{get(other.DBSize()), get(l.main.Exists("only:5"))}, []int64{1, 0}, "keys of databases 5 and 0")
	must(other.Close())
}

func (l *list) auth() {
	secured := l.open(func(options *Options) { options.Port, options.Password = l.authPort, l.password })
	must(secured.Set("a", "b", 0))
	expect(get(secured.Get("a")), Value{"b", true}, "GET")
	must(secured.Close())
}

func (l *list) authRefused() {
	for password, wanted := range map[string]string{"wrong": "WRONGPASS", "": "NOAUTH"} {
		options := l.options
		options.Port, options.Password = l.authPort, password
		session, err := l.library.Open(options)
		if err == nil {
			_, err = session.Get("a")
			_ = session.Close()
		}
		expectTrue(err != nil && strings.Contains(err.Error(), wanted), "password %q: %v", password, err)
	}
}

func (l *list) close() {
	row := fmt.Sprintf("id=%d ", get(l.main.ClientID()))
	must(l.main.Close())
	admin := l.open(nil)
	deadline := time.Now().Add(5 * time.Second)
	for strings.Contains("\n"+get(admin.ClientList()), "\n"+row) {
		expectTrue(time.Now().Before(deadline), "the server still lists the closed connection")
		time.Sleep(20 * time.Millisecond)
	}
	must(admin.Close())
}

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

// Main runs the list with the program's arguments.
func Main(library Library) {
	number := func(index int) int { return get(strconv.Atoi(os.Args[index])) }
	l := &list{library: library, options: Options{Port: number(2), Protocol: number(1)}, authPort: number(3),
		password: os.Args[4], rounds: number(5)}
	l.main = l.open(nil)
	must(l.main.FlushAll())
	for _, check := range []struct {
		name string
		body func()
	}{
		{"connect", l.connect}, {"binary_value", l.binaryValue}, {"expiry", l.expiry}, {"mset_mget", l.msetMget},
		{"incr", l.incr}, {"expire_ttl", l.expireTTL}, {"pipeline", l.pipeline}, {"pool", l.pool}, {"scan", l.scan},
		{"error_reply", l.errorReply}, {"reconnect", l.reconnect}, {"select", l.selectDB}, {"auth", l.auth},
		{"auth_refused", l.authRefused}, {"close", l.close},
	} {
		if reason := limited(check.body); reason != "" {
			fmt.Printf("FAIL %s: %s\n", check.name, reason)
		} else {
			fmt.Println("ok", check.name)
		}
	}
}
