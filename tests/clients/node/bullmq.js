// BullMQ: its queues' life cycle, each check with a queue of its own; the jobs really run, in workers of this process.
"use strict";
const assert = require("node:assert").strict;
const { setTimeout: sleep } = require("node:timers/promises");
const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");
const { Redis } = require("ioredis");
const { eventually, options, report } = require("./report");

const { rounds, ...connection } = options();

// Opens the queue `name`, its events and, given what a job does, its worker; closes them when `body` is done.
async function using(name, process, more, body) {
  const queue = new Queue(name, { connection });
  const events = new QueueEvents(name, { connection });
  const worker = process && new Worker(name, process, { connection, ...more });
  queue.setMaxListeners(0); // One a job that is waited for.
  const opened = [queue, events, worker].filter(Boolean);
  opened.forEach((each) => each.on("error", () => {})); // A connection that fails shows in the check itself.
  await Promise.all(opened.map((each) => each.waitUntilReady()));
  await body(queue, events, worker);
  await Promise.all(opened.map((each) => each.close()));
}

report({
  // Every job is done once, its result comes both as an event and from the server, and the counts are exact.
  async add() {
    const done = [];
    await using("add", async (job) => { done.push(job.data.number); return job.data.number * 2; }, { concurrency: 10 },
      async (queue, events) => {
        const numbers = Array.from({ length: rounds * 5 }, (_, number) => number);
        const jobs = await queue.addBulk(numbers.map((number) => ({ name: "double", data: { number } })));
        const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
        assert.deepEqual(results, numbers.map((number) => number * 2));
        assert.deepEqual(done.sort((a, b) => a - b), numbers);
        const { completed, ...others } = await queue.getJobCounts();
        assert.equal(completed, numbers.length);
        assert.deepEqual(Object.values(others).filter(Boolean), []);
        assert.equal((await queue.getJob(jobs[3].id)).returnvalue, 6);
      });
  },
  async delayed() {
    await using("delayed", async () => Date.now(), {}, async (queue, events) => {
      const added = Date.now();
      const late = await queue.add("late", {}, { delay: 600 });
      const soon = await queue.add("soon", {}, { delay: 300 });
      assert.deepEqual([await late.getState(), await queue.getDelayedCount()], ["delayed", 2]);
      const [atLate, atSoon] = await Promise.all([late, soon].map((job) => job.waitUntilFinished(events)));
      assert.ok(atSoon - added >= 295 && atSoon < atLate, `the first after ${atSoon - added} ms`);
      assert.ok(atLate - added >= 595 && atLate - added < 3000, `the second after ${atLate - added} ms`);
    });
  },
  async retry() {
    await using("retry", async (job) => {
      if (job.name === "hopeless" || job.attemptsMade < 2) throw new Error(`attempt ${job.attemptsMade}`);
      return "at last";
    }, {}, async (queue, events) => {
      const backoff = { type: "exponential", delay: 40 };
      const job = await queue.add("third time lucky", {}, { attempts: 3, backoff });
      assert.equal(await job.waitUntilFinished(events), "at last");
      assert.equal((await queue.getJob(job.id)).attemptsMade, 3);
      const hopeless = await queue.add("hopeless", {}, { attempts: 2, backoff });
      await assert.rejects(hopeless.waitUntilFinished(events), /attempt 1/);
      const [failed] = await queue.getFailed();
      assert.deepEqual([failed.id, failed.attemptsMade, failed.failedReason], [hopeless.id, 2, "attempt 1"]);
      assert.equal(failed.stacktrace.length, 2);
    });
  },
  async rate_limit() {
    const at = [];
    const more = { limiter: { max: 2, duration: 300 }, concurrency: 5 };
    await using("rate_limit", async () => { at.push(Date.now()); }, more, async (queue, events) => {
      const jobs = await queue.addBulk(Array.from({ length: 6 }, () => ({ name: "limited", data: {} })));
      await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
      assert.equal(at.length, 6);
      // The third after a window of two begins no sooner than that window ends, but for timers' rounding.
      for (let i = 2; i < 6; i += 2) assert.ok(at[i] - at[i - 2] >= 280, `${at.map((time) => time - at[0])}`);
    });
  },
  async priority() {
    const order = [];
    await using("priority", async (job) => { order.push(job.data); }, {}, async (queue, events) => {
      await queue.pause();
      const jobs = [];
      for (const priority of [3, 1, 2, 0, 1]) jobs.push(await queue.add("job", priority, { priority }));
      await sleep(100);
      assert.deepEqual(order, [], "a paused queue runs jobs");
      await queue.resume();
      await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
      assert.deepEqual(order, [0, 1, 1, 2, 3]);
    });
  },
  async flow() {
    const process = async (job) => {
      if (job.name === "part") return job.data;
      return Object.values(await job.getChildrenValues()).reduce((sum, value) => sum + value, 0);
    };
    await using("flow", process, { concurrency: 4 }, async (queue, events) => {
      const producer = new FlowProducer({ connection });
      const part = (data, delay = 0) => ({ name: "part", queueName: "flow", data, opts: { delay } });
      const sum = { name: "sum", queueName: "flow", children: [part(1), part(2, 300), part(4)] };
      const flow = await producer.add({ name: "total", queueName: "flow", children: [sum, part(8)] });
      assert.equal(await flow.job.getState(), "waiting-children");
      assert.equal(await flow.job.waitUntilFinished(events), 15);
      assert.equal((await queue.getJob(flow.children[0].job.id)).returnvalue, 7);
      await producer.close();
    });
  },
  // A scheduler adds one job a period until it is removed.
  async scheduler() {
    let runs = 0;
    await using("scheduler", async () => { runs++; }, {}, async (queue) => {
      await queue.upsertJobScheduler("tick", { every: 100 });
      await eventually(() => runs >= 3, "three ticks");
      assert.equal(await queue.removeJobScheduler("tick"), true);
      await sleep(50); // One may be in the worker's hands.
      const before = runs;
      await sleep(250);
      assert.equal(runs, before);
    });
  },
  // The job of a worker whose connection is gone passes to another worker when its lock has run out.
  async stalled() {
    const timing = { lockDuration: 300, stalledInterval: 200 };
    const lost = new Worker("stalled", () => new Promise(() => {}), { connection, ...timing });
    await using("stalled", null, {}, async (queue, events) => {
      const job = await queue.add("job", {});
      await eventually(() => job.isActive(), "the first worker has the job");
      await lost.close(true);
      const again = new Worker("stalled", async () => "saved", { connection, ...timing });
      assert.equal(await job.waitUntilFinished(events), "saved");
      await again.close();
    });
  },
  async obliterate() {
    const client = new Redis(connection);
    await using("add", null, {}, async (queue) => {
      assert.ok((await client.keys("bull:add:*")).length > rounds);
      await queue.obliterate({ force: true });
      assert.equal(await queue.getCompletedCount(), 0);
    });
    assert.deepEqual((await client.keys("bull:add:*")).filter((key) => !/:(events|meta)$/.test(key)), []);
    await client.quit();
  },
});
