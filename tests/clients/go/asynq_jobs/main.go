// asynq: tasks that a server with ten workers processes.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"sigrun/tests/clients/checks"
)

const queue = "default"

// jobs keeps what the handlers did.
type jobs struct {
	client    *asynq.Client
	inspector *asynq.Inspector
	mutex     sync.Mutex
	runs      map[string][]time.Time // Of each payload.
}

func (j *jobs) ran(payload string) []time.Time {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.runs[payload]
}

// handle notes the run; by its type a task fails, or waits until it is cancelled.
func (j *jobs) handle(ctx context.Context, task *asynq.Task) error {
	j.mutex.Lock()
	payload := string(task.Payload())
	j.runs[payload] = append(j.runs[payload], time.Now())
	run := len(j.runs[payload])
	j.mutex.Unlock()
	switch task.Type() {
	case "third_time_lucky":
		if run < 3 {
			return fmt.Errorf("attempt %d", run)
		}
	case "fail":
		return errors.New("no good")
	case "wait":
		<-ctx.Done()
		return ctx.Err()
	}
	_, err := task.ResultWriter().Write([]byte("did " + payload))
	return err
}

func (j *jobs) enqueue(kind, payload string, options ...asynq.Option) *asynq.TaskInfo {
	options = append([]asynq.Option{asynq.Retention(time.Minute)}, options...)
	return checks.Get(j.client.Enqueue(asynq.NewTask(kind, []byte(payload)), options...))
}

// ended waits until the task is in that state and gives what the server holds of it.
func (j *jobs) ended(task *asynq.TaskInfo, state asynq.TaskState) (info *asynq.TaskInfo) {
	checks.Eventually(func() bool {
		info = checks.Get(j.inspector.GetTaskInfo(task.Queue, task.ID))
		return info.State == state
	}, task.Type+" is "+state.String())
	return info
}

func (j *jobs) tasks(count int) {
	var tasks []*asynq.TaskInfo
	for i := range count {
		tasks = append(tasks, j.enqueue("note", fmt.Sprint("task ", i)))
	}
	for i, task := range tasks {
		payload := fmt.Sprint("task ", i)
		checks.Expect(string(j.ended(task, asynq.TaskStateCompleted).Result), "did "+payload, "result")
		checks.Expect(len(j.ran(payload)), 1, "runs of "+payload)
	}
	info := checks.Get(j.inspector.GetQueueInfo(queue))
	checks.Expect([]int{info.Size - info.Completed, info.Completed, info.Processed, info.Failed},
		[]int{0, count, count, 0}, "open, completed, processed and failed tasks")
}

func (j *jobs) delayed() {
	began := time.Now()
	task := j.enqueue("note", "late", asynq.ProcessIn(time.Second))
	checks.Expect(task.State, asynq.TaskStateScheduled, "state before its time")
	j.ended(task, asynq.TaskStateCompleted)
	// Its times are whole seconds, so that a task may run almost a second early.
	checks.ExpectTrue(j.ran("late")[0].Sub(began.Truncate(time.Second)) >= time.Second, "ran before its time")
}

func (j *jobs) retry() {
	info := j.ended(j.enqueue("third_time_lucky", "lucky", asynq.MaxRetry(5)), asynq.TaskStateCompleted)
	checks.Expect([]any{info.Retried, info.LastErr, len(j.ran("lucky"))}, []any{2, "attempt 2", 3}, "after three attempts")
	info = j.ended(j.enqueue("fail", "hopeless", asynq.MaxRetry(1)), asynq.TaskStateArchived)
	checks.Expect([]any{info.Retried, info.LastErr, len(j.ran("hopeless"))}, []any{1, "no good", 2}, "after two attempts")
}

func (j *jobs) unique() {
	option := asynq.Unique(time.Minute)
	task := j.enqueue("note", "only", option, asynq.ProcessIn(time.Minute))
	_, err := j.client.Enqueue(asynq.NewTask("note", []byte("only")), option)
	checks.ExpectTrue(errors.Is(err, asynq.ErrDuplicateTask), "a second one: %v", err)
	checks.Must(j.inspector.DeleteTask(queue, task.ID))
	j.ended(j.enqueue("note", "only", option), asynq.TaskStateCompleted)
	checks.Expect(len(j.ran("only")), 1, "runs")
}

func (j *jobs) pause() {
	checks.Must(j.inspector.PauseQueue(queue))
	task := j.enqueue("note", "paused")
	time.Sleep(1200 * time.Millisecond)
	checks.Expect(len(j.ran("paused")), 0, "runs while the queue is paused")
	checks.Must(j.inspector.UnpauseQueue(queue))
	j.ended(task, asynq.TaskStateCompleted)
}

// cancel reaches the worker by Pub/Sub.
func (j *jobs) cancel() {
	task := j.enqueue("wait", "cancelled", asynq.MaxRetry(0))
	j.ended(task, asynq.TaskStateActive)
	checks.Eventually(func() bool {
		checks.Must(j.inspector.CancelProcessing(task.ID))
		return checks.Get(j.inspector.GetTaskInfo(queue, task.ID)).State == asynq.TaskStateArchived
	}, "the task is cancelled")
}

// group lets the server gather tasks into one.
func (j *jobs) group() {
	for _, payload := range []string{"a", "b", "c"} {
		j.enqueue("part", payload, asynq.Group("letters"))
	}
	checks.Eventually(func() bool { return len(j.ran("a b c")) == 1 }, "the whole group ran")
}

func main() {
	connect := func() *redis.Client {
		return redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", checks.Argument(2)),
			Protocol: checks.Argument(1)})
	}
	j := &jobs{client: asynq.NewClientFromRedisClient(connect()), inspector: asynq.NewInspectorFromRedisClient(connect()),
		runs: map[string][]time.Time{}}
	server := asynq.NewServerFromRedisClient(connect(), asynq.Config{Concurrency: 10, LogLevel: asynq.FatalLevel,
		TaskCheckInterval: 200 * time.Millisecond, DelayedTaskCheckInterval: 100 * time.Millisecond,
		RetryDelayFunc:   func(int, error, *asynq.Task) time.Duration { return 100 * time.Millisecond },
		GroupGracePeriod: time.Second, GroupMaxSize: 3, ShutdownTimeout: time.Second,
		GroupAggregator: asynq.GroupAggregatorFunc(func(_ string, tasks []*asynq.Task) *asynq.Task {
			var payloads []string
			for _, task := range tasks {
				payloads = append(payloads, string(task.Payload()))
			}
			slices.Sort(payloads) // Those of one second come in any order.
			return asynq.NewTask("note", []byte(strings.Join(payloads, " ")))
		})})
	checks.Must(server.Start(asynq.HandlerFunc(j.handle)))
	checks.Report(
		checks.Check{Name: "tasks", Body: func() { j.tasks(checks.Argument(5) * 5) }},
		checks.Check{Name: "delayed", Body: j.delayed},
		checks.Check{Name: "retry", Body: j.retry},
		checks.Check{Name: "unique", Body: j.unique},
		checks.Check{Name: "pause", Body: j.pause},
		checks.Check{Name: "cancel", Body: j.cancel},
		checks.Check{Name: "group", Body: j.group},
		checks.Check{Name: "shutdown", Body: func() {
			server.Shutdown()
			checks.Expect(len(checks.Get(j.inspector.Servers())), 0, "servers after the end")
		}},
	)
}
