// valkey-go: adapts the library to package checks and runs the list. Its client-side cache is on, as it is by default,
// where it speaks RESP3.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/valkey-io/valkey-go"

	"sigrun/tests/clients/checks"
)

var background = context.Background()

// session serves both a client and one connection lent by it.
type session struct {
	core  valkey.CoreClient
	close func()
}

func (s session) do(command valkey.Completed) valkey.ValkeyResult {
	return s.core.Do(background, command)
}

func text(message valkey.ValkeyMessage) (checks.Value, error) {
	if message.IsNil() {
		return checks.Value{}, nil
	}
	bytes, err := message.ToString()
	return checks.Value{Text: bytes, Present: err == nil}, err
}

func (s session) Ping() (string, error) { return s.do(s.core.B().Ping().Build()).ToString() }
func (s session) Set(key, value string, expiry time.Duration) error {
	set := s.core.B().Set().Key(key).Value(value)
	if expiry == 0 {
		return s.do(set.Build()).Error()
	}
	if expiry%time.Second == 0 {
		return s.do(set.ExSeconds(int64(expiry / time.Second)).Build()).Error()
	}
	return s.do(set.PxMilliseconds(expiry.Milliseconds()).Build()).Error()
}
func (s session) Get(key string) (checks.Value, error) {
	message, err := s.do(s.core.B().Get().Key(key).Build()).ToMessage()
	if err != nil && !valkey.IsValkeyNil(err) {
		return checks.Value{}, err
	}
	return text(message)
}
func (s session) MSet(values ...string) error {
	command := s.core.B().Mset().KeyValue()
	for i := 0; i < len(values); i += 2 {
		command = command.KeyValue(values[i], values[i+1])
	}
	return s.do(command.Build()).Error()
}
func (s session) MGet(keys ...string) (values []checks.Value, err error) {
	messages, err := s.do(s.core.B().Mget().Key(keys...).Build()).ToArray()
	for _, message := range messages {
		value, failure := text(message)
		if failure != nil {
			return nil, failure
		}
		values = append(values, value)
	}
	return values, err
}
func (s session) Incr(key string) (int64, error) {
	return s.do(s.core.B().Incr().Key(key).Build()).AsInt64()
}
func (s session) IncrBy(key string, by int64) (int64, error) {
	return s.do(s.core.B().Incrby().Key(key).Increment(by).Build()).AsInt64()
}
func (s session) Decr(key string) (int64, error) {
	return s.do(s.core.B().Decr().Key(key).Build()).AsInt64()
}
func (s session) TTL(key string) (int64, error) {
	return s.do(s.core.B().Ttl().Key(key).Build()).AsInt64()
}
func (s session) Expire(key string, seconds int64) (bool, error) {
	return s.do(s.core.B().Expire().Key(key).Seconds(seconds).Build()).AsBool()
}
func (s session) Persist(key string) (bool, error) {
	return s.do(s.core.B().Persist().Key(key).Build()).AsBool()
}
func (s session) Exists(key string) (int64, error) {
	return s.do(s.core.B().Exists().Key(key).Build()).AsInt64()
}
func (s session) DBSize() (int64, error) { return s.do(s.core.B().Dbsize().Build()).AsInt64() }
func (s session) FlushDB() error         { return s.do(s.core.B().Flushdb().Build()).Error() }
func (s session) FlushAll() error        { return s.do(s.core.B().Flushall().Build()).Error() }
func (s session) ClientInfo() (string, error) {
	return s.do(s.core.B().ClientInfo().Build()).ToString()
}
func (s session) ClientList() (string, error) {
	return s.do(s.core.B().ClientList().Build()).ToString()
}
func (s session) ClientID() (int64, error) { return s.do(s.core.B().ClientId().Build()).AsInt64() }
func (s session) Kill(id int64) (int64, error) {
	return s.do(s.core.B().ClientKill().Id(id).Build()).AsInt64()
}
func (s session) Pipeline(commands [][]string) (replies []string, err error) {
	var built []valkey.Completed
	for _, command := range commands {
		built = append(built, s.core.B().Arbitrary(command...).Build())
	}
	for _, result := range s.core.DoMulti(background, built...) {
		reply, failure := result.ToString()
		if failure != nil {
			return nil, failure
		}
		replies = append(replies, reply)
	}
	return replies, nil
}
func (s session) Scan(match string, count int64) (keys []string, err error) {
	for cursor := uint64(0); ; {
		entry, err := s.do(s.core.B().Scan().Cursor(cursor).Match(match).Count(count).Build()).AsScanEntry()
		keys = append(keys, entry.Elements...)
		if cursor = entry.Cursor; err != nil || cursor == 0 {
			return keys, err
		}
	}
}
func (s session) Close() error {
	s.close()
	return nil
}

type pool struct{ client valkey.Client }

func (p pool) Run(task func(checks.Session) error) error {
	connection, giveBack := p.client.Dedicate()
	defer giveBack()
	return task(session{connection, giveBack})
}
func (p pool) Close() error {
	p.client.Close()
	return nil
}

type caching struct{ client valkey.Client }

func (c caching) GetCached(key string) (value checks.Value, fromCache bool, err error) {
	result := c.client.DoCache(background, c.client.B().Get().Key(key).Cache(), time.Minute)
	message, err := result.ToMessage()
	if err != nil && !valkey.IsValkeyNil(err) {
		return checks.Value{}, false, err
	}
	value, err = text(message)
	return value, result.IsCacheHit(), err
}
func (c caching) Close() error {
	c.client.Close()
	return nil
}

type library struct{}

func client(options checks.Options, size int) (valkey.Client, error) {
	return valkey.NewClient(valkey.ClientOption{InitAddress: []string{fmt.Sprintf("127.0.0.1:%d", options.Port)},
		SelectDB: options.DB, Password: options.Password, AlwaysRESP2: options.Protocol == 2, DisableCache: options.Protocol == 2,
		PipelineMultiplex: -1, BlockingPoolSize: size}) // -1: one shared connection, so that CLIENT ID names the one in use.
}
func (library) Open(options checks.Options) (checks.Session, error) {
	opened, err := client(options, 1)
	if err != nil {
		return nil, err
	}
	return session{opened, opened.Close}, nil
}
func (library) OpenPool(size int, options checks.Options) (checks.Pool, error) {
	opened, err := client(options, size)
	return pool{opened}, err
}
func (library) OpenCaching(options checks.Options) (checks.CachingSession, error) {
	opened, err := client(options, 1)
	return caching{opened}, err
}
func (library) IsReplyError(err error) bool {
	_, is := valkey.IsValkeyErr(err)
	return is
}

func main() { checks.Main(library{}) }
