"""RQ: jobs that two worker processes run, each job in a process of its own.

Called as: rq_jobs.py PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS; the workers import the jobs from here.
"""
import contextlib
import sys
import time
from datetime import timedelta

import redis
import rq
from rq.command import send_stop_job_command
from rq.exceptions import DuplicateJobError

from report import eventually, expect, expect_true, process, report


def double(number):
    rq.get_current_job().connection.incr(f"ran:{number}")
    return number * 2


def fail():
    raise ValueError("no good")


def third_time_lucky():
    attempt = rq.get_current_job().connection.incr("attempts")
    if attempt < 3:
        raise ValueError(f"attempt {attempt}")
    return attempt


def total():
    return sum(job.return_value() for job in rq.get_current_job().fetch_dependencies())


def sleep(seconds):
    time.sleep(seconds)


def alone():
    """Returns how many such jobs run at this moment."""
    connection = rq.get_current_job().connection
    running = connection.incr("running")
    time.sleep(0.1)
    connection.decr("running")
    return running


class Checks:
    """Every method whose name begins with `check_` is one check; they run in the order they are written."""

    def __init__(self, protocol, port, rounds):
        self.url = f"redis://127.0.0.1:{port}/0?protocol={protocol}"
        self.client = redis.Redis.from_url(self.url)
        self.queue = rq.Queue(connection=self.client)
        self.numbers = range(rounds)

    def worker(self, name):
        return process("rq.cli", "worker", "--quiet", "--with-scheduler", "--name", name, "--url", self.url)

    def enqueue(self, function, *arguments, **options):
        return self.queue.enqueue(f"rq_jobs.{function}", *arguments, **options)

    @staticmethod
    def ended(job, status="finished"):
        """Waits until the job has that status; returns what it returned."""
        eventually(lambda: job.get_status() == status, f"the job is {status}")
        return job.return_value(refresh=True)

    def check_workers(self):
        eventually(lambda: rq.Worker.count(connection=self.client) == 2, "both workers have registered")
        expect({worker.name for worker in rq.Worker.all(connection=self.client)}, {"one", "two"}, "workers")

    def check_jobs(self):
        jobs = self.queue.enqueue_many([rq.Queue.prepare_data("rq_jobs.double", (number,)) for number in self.numbers])
        expect([self.ended(job) for job in jobs], [number * 2 for number in self.numbers], "results")
        counts = self.client.mget([f"ran:{number}" for number in self.numbers])
        expect(set(counts), {b"1"}, "how often each job ran")
        expect([self.queue.count, self.queue.finished_job_registry.count], [0, len(jobs)], "waiting and finished jobs")
        expect_true(0 < self.client.ttl(jobs[0].key) <= 500, "a finished job without expiry")

    def check_failure(self):
        job = self.enqueue("fail")
        self.ended(job, "failed")
        expect(self.queue.failed_job_registry.get_job_ids(), [job.id], "failed jobs")
        expect_true("ValueError: no good" in job.latest_result().exc_string, "no exception in the result")

    def check_retry(self):
        job = self.enqueue("third_time_lucky", retry=rq.Retry(max=3))
        expect(self.ended(job), 3, "attempts")
        expect(rq.job.Job.fetch(job.id, self.client).retries_left, 1, "retries left")

    def check_dependency(self):
        parts = [self.enqueue("double", f"{number}") for number in (1, 2)] + [self.enqueue("sleep", 0.5)]
        job = self.enqueue("double", 21, depends_on=parts)
        after = self.enqueue("total", depends_on=[job])
        expect([job.get_status(), self.queue.deferred_job_registry.count], ["deferred", 2], "before its time")
        expect(self.ended(after), 42, "result")
        expect_true(parts[2].get_status() == "finished", "ran before what it depends on")

    def check_scheduled(self):
        """Its times are whole seconds, so that a job may run almost a second early."""
        began = time.time()
        job = self.queue.enqueue_in(timedelta(seconds=2), "rq_jobs.double", 4)
        expect([job.get_status(), self.queue.scheduled_job_registry.count], ["scheduled", 1], "before its time")
        expect(self.ended(job), 8, "result")
        expect_true(time.time() - began >= 1, "ran before its time")

    def check_stop(self):
        """The command reaches the worker by Pub/Sub; it ends the job's process."""
        job = self.enqueue("sleep", 60)
        eventually(lambda: job.get_status() == "started" and rq.job.Job.fetch(job.id, self.client).worker_name, "started")
        send_stop_job_command(self.client, job.id)
        self.ended(job, "stopped")

    def check_cancel(self):
        job = self.queue.enqueue_in(timedelta(seconds=1), "rq_jobs.double", "cancelled")
        job.cancel()
        expect([job.get_status(), self.queue.scheduled_job_registry.count], ["canceled", 0], "after cancel")
        time.sleep(2)
        expect(self.client.exists("ran:cancelled"), 0, "runs of a cancelled job")

    def check_rate_limit(self):
        jobs = [self.enqueue("alone", rate_limit=rq.RateLimit("one", 1)) for _ in range(4)]
        expect([self.ended(job) for job in jobs], [1] * 4, "jobs at the same time")

    def check_unique(self):
        self.enqueue("sleep", 0.5, job_id="only", unique=True)
        with contextlib.suppress(DuplicateJobError):
            self.enqueue("sleep", 0.5, job_id="only", unique=True)
            raise AssertionError("a second job got the name")


def main(arguments):
    checks = Checks(arguments[0], arguments[1], int(arguments[4]))
    with checks.worker("one"), checks.worker("two"):
        report(checks)


if __name__ == "__main__":
    main(sys.argv[1:])
