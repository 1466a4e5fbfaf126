// go-redis: adapts the library to package checks and runs the list.
package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"sigrun/tests/clients/checks"
)

var background = context.Background()

// session serves both a client and one connection taken from its pool.
type session struct {
	redis.Cmdable
	close func() error
}

func value(text string, err error) (checks.Value, error) {
	if errors.Is(err, redis.Nil) {
		return checks.Value{}, nil
	}
	return checks.Value{Text: text, Present: err == nil}, err
}

func (s session) Ping() (string, error) { return s.Cmdable.Ping(background).Result() }
func (s session) Set(key, text string, expiry time.Duration) error {
	return s.Cmdable.Set(background, key, text, expiry).Err()
}
func (s session) Get(key string) (checks.Value, error) {
	return value(s.Cmdable.Get(background, key).Result())
}
func (s session) MSet(values ...string) error { return s.Cmdable.MSet(background, values).Err() }
func (s session) MGet(keys ...string) ([]checks.Value, error) {
	replies, err := s.Cmdable.MGet(background, keys...).Result()
	var values []checks.Value
	for _, reply := range replies {
		text, present := reply.(string)
		values = append(values, checks.Value{Text: text, Present: present})
	}
	return values, err
}
func (s session) Incr(key string) (int64, error) { return s.Cmdable.Incr(background, key).Result() }
func (s session) IncrBy(key string, by int64) (int64, error) {
	return s.Cmdable.IncrBy(background, key, by).Result()
}
func (s session) Decr(key string) (int64, error) { return s.Cmdable.Decr(background, key).Result() }
func (s session) TTL(key string) (int64, error) {
	left, err := s.Cmdable.TTL(background, key).Result()
	if left < 0 { // The library keeps the server's -1 and -2 as nanoseconds.
		return int64(left), err
	}
	return int64(left / time.Second), err
}
func (s session) Expire(key string, seconds int64) (bool, error) {
	return s.Cmdable.Expire(background, key, time.Duration(seconds)*time.Second).Result()
}
func (s session) Persist(key string) (bool, error) {
	return s.Cmdable.Persist(background, key).Result()
}
func (s session) Exists(key string) (int64, error) { return s.Cmdable.Exists(background, key).Result() }
func (s session) DBSize() (int64, error)           { return s.Cmdable.DBSize(background).Result() }
func (s session) FlushDB() error                   { return s.Cmdable.FlushDB(background).Err() }
func (s session) FlushAll() error                  { return s.Cmdable.FlushAll(background).Err() }
func (s session) ClientInfo() (string, error) {
	info, err := s.Cmdable.ClientInfo(background).Result()
	if err != nil {
		return "", err
	}
	// The library takes the line apart; what the checks look at is put together again.
	return fmt.Sprintf("id=%d db=%d resp=%d", info.ID, info.DB, info.Resp), nil
}
func (s session) ClientList() (string, error) { return s.Cmdable.ClientList(background).Result() }
func (s session) ClientID() (int64, error)    { return s.Cmdable.ClientID(background).Result() }
func (s session) Kill(id int64) (int64, error) {
	return s.Cmdable.ClientKillByFilter(background, "ID", strconv.FormatInt(id, 10)).Result()
}
func (s session) Pipeline(commands [][]string) ([]string, error) {
	pipeline := s.Cmdable.Pipeline()
	for _, command := range commands {
		if command[0] == "SET" {
			pipeline.Set(background, command[1], command[2], 0)
		} else {
			pipeline.Get(background, command[1])
		}
	}
	results, err := pipeline.Exec(background)
	var replies []string
	for _, result := range results {
		replies = append(replies, result.(interface{ Val() string }).Val())
	}
	return replies, err
}
func (s session) Scan(match string, count int64) (keys []string, err error) {
	iterator := s.Cmdable.Scan(background, 0, match, count).Iterator()
	for iterator.Next(background) {
		keys = append(keys, iterator.Val())
	}
	return keys, iterator.Err()
}
func (s session) Close() error { return s.close() }

type pool struct{ client *redis.Client }

func (p pool) Run(task func(checks.Session) error) error {
	connection := p.client.Conn()
	defer connection.Close()
	return task(session{connection, connection.Close})
}
func (p pool) Close() error { return p.client.Close() }

type library struct{}

func client(options checks.Options, size int) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", options.Port), DB: options.DB,
		Password: options.Password, Protocol: options.Protocol, PoolSize: size})
}
func (library) Open(options checks.Options) (checks.Session, error) {
	opened := client(options, 1)
	return session{opened, opened.Close}, nil
}
func (library) OpenPool(size int, options checks.Options) (checks.Pool, error) {
	return pool{client(options, size)}, nil
}
func (library) IsReplyError(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

func main() { checks.Main(library{}) }
