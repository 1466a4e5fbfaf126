"""Celery: tasks that a worker process of its own runs, with the server as the broker and as the store of results.

Called as: celery_jobs.py PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS; its worker imports the tasks from here.
"""
import sys
import time

import celery
from celery.exceptions import TaskRevokedError

from report import eventually, expect, expect_true, process, report

app = celery.Celery("celery_jobs")
app.conf.update(worker_prefetch_multiplier=4, broker_connection_retry_on_startup=True)


@app.task
def add(left, right):
    app.backend.client.incr(f"ran:{left}")
    return left + right


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def clock():
    return time.time()


@app.task
def fail(text):
    raise ValueError(text)


@app.task(bind=True, max_retries=3)
def third_time_lucky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task(acks_late=True)
def slow(number):
    time.sleep(0.3)
    app.backend.client.incr(f"slow:{number}")
    return number


class Checks:
    """Every method whose name begins with `check_` is one check; they run in the order they are written."""

    def __init__(self, arguments):
        port = arguments[1]
        self.numbers = range(int(arguments[4]) * 2)
        url = f"redis://127.0.0.1:{port}/0"
        app.conf.update(broker_url=url, result_backend=url)
        self.client = app.backend.client
        self.url = url

    def worker(self, name):
        """A worker process with two processes for tasks."""
        return process("celery", "-q", "-A", "celery_jobs", "-b", self.url, "--result-backend", self.url, "worker",
                       "-c", "2", "-n", f"{name}@here", "-l", "WARNING", "--without-mingle", "--without-gossip")

    def check_worker_answers(self):
        """Remote control is Pub/Sub: the worker hears a broadcast and answers."""
        eventually(lambda: app.control.ping(timeout=0.3), "the worker answers a ping")
        expect(list(app.control.inspect().registered()), ["one@here"], "workers")

    def check_tasks(self):
        results = [add.delay(number, 1000) for number in self.numbers]
        expect([result.get(timeout=10) for result in results], [number + 1000 for number in self.numbers], "results")
        counts = self.client.mget([f"ran:{number}" for number in self.numbers])
        expect(set(counts), {b"1"}, "how often each task ran")
        eventually(lambda: self.client.exists("celery", "unacked") == 0, "all messages are acknowledged")
        expect_true(0 < self.client.ttl(f"celery-task-meta-{results[0].id}") <= 86400, "a result without expiry")
        results[0].forget()
        expect(self.client.exists(f"celery-task-meta-{results[0].id}"), 0, "a forgotten result")

    def check_canvas(self):
        chain = celery.chain(add.s(1, 2), add.s(4), add.s(8))
        expect(chain.delay().get(timeout=10), 15, "chain")
        chord = celery.chord([add.s(number, 0) for number in self.numbers], total.s())
        expect(chord.delay().get(timeout=10), sum(self.numbers), "chord")

    def check_countdown(self):
        began = time.time()
        late, soon = clock.apply_async(countdown=1), clock.delay()
        expect_true(soon.get(timeout=10) < late.get(timeout=10), "the later task ran first")
        expect_true(began + 1 <= late.get() < began + 4, f"ran after {late.get() - began:.2f} s")

    def check_retry(self):
        expect(third_time_lucky.delay().get(timeout=10), 2, "retries")

    def check_failure(self):
        result = fail.delay("no good")
        try:
            result.get(timeout=10)
            raise AssertionError("the task did not fail")
        except ValueError as error:
            expect(str(error), "no good", "the exception")
        expect(result.state, "FAILURE", "state")
        expect_true("raise ValueError(text)" in result.traceback, "no traceback")

    def check_revoke(self):
        result = add.apply_async(("revoked", ""), countdown=1)
        eventually(lambda: app.control.inspect(timeout=0.3).scheduled()["one@here"], "the worker has the task")
        result.revoke()
        try:
            result.get(timeout=10)
            raise AssertionError("the task ran")
        except TaskRevokedError:
            expect(self.client.exists("ran:revoked"), 0, "runs of a revoked task")

    def check_restore(self):
        """What a worker that is stopped coldly (SIGTERM, SIGQUIT) had not acknowledged is done by another one."""
        app.control.cancel_consumer("celery", destination=["one@here"])
        with self.worker("two") as second:
            eventually(lambda: app.control.ping(["two@here"], timeout=0.3), "the second worker")
            results = [slow.delay(number) for number in range(8)]
            eventually(lambda: self.client.hlen("unacked") > 2, "the second worker has the messages")
            second.terminate()
            second.send_signal(3)
        expect_true(self.client.llen("celery") > 0, "nothing was given back")
        app.control.add_consumer("celery", destination=["one@here"])
        expect([result.get(timeout=10) for result in results], list(range(8)), "results")
        eventually(lambda: self.client.hlen("unacked") == 0, "all are acknowledged")


if __name__ == "__main__":
    checks = Checks(sys.argv[1:])
    with checks.worker("one"):
        report(checks)
