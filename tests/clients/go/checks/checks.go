// Package checks is the list of checks for every Go client; a client's own program adapts its library to Library and
// Session.
//
// Called as: <client> PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
package checks

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const poolSize = 50

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

// CachingLibrary is a Library with a client-side cache.
type CachingLibrary interface {
	OpenCaching(options Options) (CachingSession, error)
}

// CachingSession reads through the library's cache.
type CachingSession interface {
	GetCached(key string) (value Value, fromCache bool, err error)
	Close() error
}

type list struct {
	library          Library
	main             Session
	options          Options
	authPort, rounds int
	password         string
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
	return Get(l.library.Open(options))
}

func (l *list) connect() {
	Expect(Get(l.main.Ping()), "PONG", "PING")
	info := Get(l.main.ClientInfo()) + " "
	ExpectTrue(strings.Contains(info, fmt.Sprintf(" resp=%d", l.options.Protocol)), "protocol in %s", info)
	ExpectTrue(strings.Contains(info, " db=0 "), "database in %s", info)
}

func (l *list) binaryValue() {
	Must(l.main.Set("binary", binary(), 100*time.Second))
	Expect(Get(l.main.Get("binary")), Value{binary(), true}, "GET")
	left := Get(l.main.TTL("binary"))
	ExpectTrue(left >= 1 && left <= 100, "TTL %d", left)
	large := strings.Repeat(binary(), 4000)
	Must(l.main.Set("large", large, 0))
	ExpectTrue(Get(l.main.Get("large")) == Value{large, true}, "GET of a large value differs")
}

func (l *list) expiry() {
	Must(l.main.Set("short", "v", 500*time.Millisecond))
	Expect(Get(l.main.Get("short")), Value{"v", true}, "GET before")
	time.Sleep(600 * time.Millisecond)
	Expect(Get(l.main.Get("short")), Value{}, "GET after")
}

func (l *list) msetMget() {
	Must(l.main.MSet("m1", "a", "m2", binary(), "m3", ""))
	Expect(Get(l.main.MGet("m1", "missing", "m2", "m3")), []Value{{"a", true}, {}, {binary(), true}, {"", true}}, "MGET")
}

func (l *list) incr() {
	Expect([]int64{Get(l.main.Incr("n")), Get(l.main.Incr("n"))}, []int64{1, 2}, "INCR twice")
	Expect(Get(l.main.IncrBy("n", 40)), int64(42), "INCRBY")
	Expect(Get(l.main.Decr("n")), int64(41), "DECR")
	Expect(Get(l.main.Get("n")), Value{"41", true}, "GET")
}

func (l *list) expireTTL() {
	Must(l.main.Set("e", "v", 0))
	Expect([]int64{Get(l.main.TTL("missing")), Get(l.main.TTL("e"))}, []int64{-2, -1}, "TTL without one")
	Expect(Get(l.main.Expire("e", 50)), true, "EXPIRE")
	left := Get(l.main.TTL("e"))
	ExpectTrue(left >= 48 && left <= 50, "TTL %d", left)
	Expect(Get(l.main.Persist("e")), true, "PERSIST")
	Expect(Get(l.main.TTL("e")), int64(-1), "TTL after PERSIST")
	Expect(Get(l.main.Expire("missing", 50)), false, "EXPIRE of a missing key")
}

func (l *list) pipeline() {
	var commands [][]string
	var wanted []string
	for i := range 500 {
		number := strconv.Itoa(i)
		commands = append(commands, []string{"SET", "pipe:" + number, number}, []string{"GET", "pipe:" + number})
		wanted = append(wanted, "OK", number)
	}
	Expect(Get(l.main.Pipeline(commands)), wanted, "replies in order")
}

func (l *list) pool() {
	pool := Get(l.library.OpenPool(poolSize, l.options))
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
	clients := strings.Count(strings.TrimSpace(Get(l.main.ClientList())), "\n") + 1
	close(release)
	done.Wait()
	for range poolSize {
		Must(<-failures)
	}
	ExpectTrue(clients >= poolSize, "only %d connections at once", clients)
	Expect(Get(l.main.Get("pool:sum")), Value{strconv.Itoa(poolSize * l.rounds), true}, "sum of all increments")
	Must(pool.Close())
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
	Must(l.main.FlushDB())
	var keys, arguments []string
	for i := range 1500 {
		keys = append(keys, fmt.Sprintf("scan:%d", i))
		arguments = append(arguments, keys[i], "v")
	}
	Must(l.main.MSet(arguments...))
	slices.Sort(keys)
	Expect(unique(Get(l.main.Scan("*", 100))), keys, "all keys")
	Expect(len(unique(Get(l.main.Scan("scan:1*", 100)))), 611, "keys that match scan:1*")
}

// unique gives the keys once and in order, since SCAN may say a key twice.
func unique(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (l *list) errorReply() {
	Must(l.main.Set("text", "abc", 0))
	_, err := l.main.Incr("text")
	ExpectTrue(err != nil && l.library.IsReplyError(err), "INCR of a text: %T %v", err, err)
	ExpectTrue(strings.Contains(err.Error(), "value is not an integer or out of range"), "error text: %v", err)
	Expect(Get(l.main.Get("text")), Value{"abc", true}, "GET after the error")
}

func (l *list) reconnect() {
	admin := l.open(nil)
	before := Get(l.main.ClientID())
	Expect(Get(admin.Kill(before)), int64(1), "CLIENT KILL ID")
	deadline := time.Now().Add(5 * time.Second)
	for {
		value, err := l.main.Get("text")
		if err == nil {
			Expect(value, Value{"abc", true}, "GET after the kill")
			break
		}
		ExpectTrue(!l.library.IsReplyError(err) && time.Now().Before(deadline), "GET after the kill: %v", err)
		time.Sleep(20 * time.Millisecond)
	}
	ExpectTrue(Get(l.main.ClientID()) != before, "the connection was not killed")
	Must(admin.Close())
}

func (l *list) selectDB() {
	other := l.open(func(options *Options) { options.DB = 5 })
	Must(other.Set("only:5", "v", 0))
	ExpectTrue(strings.Contains(Get(other.ClientInfo()), " db=5 "), "database in CLIENT INFO")
	Expect([]int64{Get(other.DBSize()), Get(l.main.Exists("only:5"))}, []int64{1, 0}, "keys of databases 5 and 0")
	Must(other.Close())
}

func (l *list) auth() {
	secured := l.open(func(options *Options) { options.Port, options.Password = l.authPort, l.password })
	Must(secured.Set("a", "b", 0))
	Expect(Get(secured.Get("a")), Value{"b", true}, "GET")
	Must(secured.Close())
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
		ExpectTrue(err != nil && strings.Contains(err.Error(), wanted), "password %q: %v", password, err)
	}
}

// clientCache reads through the library's own cache what the main client writes.
func (l *list) clientCache() {
	caching := Get(l.library.(CachingLibrary).OpenCaching(l.options))
	Must(l.main.Set("cached", "one", 0))
	read := func() (Value, bool) {
		value, fromCache, err := caching.GetCached("cached")
		Must(err)
		return value, fromCache
	}
	readUntil := func(wanted Value) {
		deadline := time.Now().Add(5 * time.Second)
		for value, _ := read(); value != wanted; value, _ = read() {
			ExpectTrue(time.Now().Before(deadline), "the cache still has %v", value)
			time.Sleep(time.Millisecond)
		}
	}
	value, fromCache := read()
	Expect(value, Value{"one", true}, "first read")
	ExpectTrue(!fromCache, "the first read came from the cache")
	value, fromCache = read()
	Expect(value, Value{"one", true}, "second read")
	ExpectTrue(fromCache, "the second read did not come from the cache")
	Must(l.main.Set("cached", "two", 0))
	readUntil(Value{"two", true})
	Must(l.main.FlushDB())
	readUntil(Value{})
	Must(caching.Close())
}

func (l *list) close() {
	row := fmt.Sprintf("id=%d ", Get(l.main.ClientID()))
	Must(l.main.Close())
	admin := l.open(nil)
	deadline := time.Now().Add(5 * time.Second)
	for strings.Contains("\n"+Get(admin.ClientList()), "\n"+row) {
		ExpectTrue(time.Now().Before(deadline), "the server still lists the closed connection")
		time.Sleep(20 * time.Millisecond)
	}
	Must(admin.Close())
}

// Main runs the list with the program's arguments.
func Main(library Library) {
	l := &list{library: library, options: Options{Port: Argument(2), Protocol: Argument(1)}, authPort: Argument(3),
		password: os.Args[4], rounds: Argument(5)}
	l.main = l.open(nil)
	Must(l.main.FlushAll())
	checks := []Check{
		{"connect", l.connect}, {"binary_value", l.binaryValue}, {"expiry", l.expiry}, {"mset_mget", l.msetMget},
		{"incr", l.incr}, {"expire_ttl", l.expireTTL}, {"pipeline", l.pipeline}, {"pool", l.pool}, {"scan", l.scan},
		{"error_reply", l.errorReply}, {"reconnect", l.reconnect}, {"select", l.selectDB}, {"auth", l.auth},
		{"auth_refused", l.authRefused},
	}
	if _, caches := library.(CachingLibrary); caches && l.options.Protocol == 3 {
		checks = append(checks, Check{"client_cache", l.clientCache})
	}
	Report(append(checks, Check{"close", l.close})...)
}
