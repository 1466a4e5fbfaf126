// redlock: that its locks exclude, between the tasks of one process that hold connections of their own.
"use strict";
const assert = require("node:assert").strict;
const { setTimeout: sleep } = require("node:timers/promises");
const { Redis } = require("ioredis");
const { ExecutionError, ResourceLockedError, default: Redlock } = require("redlock");
const { options, report } = require("./report");

const { rounds, ...connection } = options();
const client = new Redis(connection);
const lockers = Array.from({ length: 5 }, () =>
  new Redlock([new Redis(connection)], { retryCount: -1, retryDelay: 5, retryJitter: 4 }));
const once = new Redlock([client], { retryCount: 0 });

async function refused(resources) {
  let attempt;
  await assert.rejects(once.acquire(resources, 1000), (error) => {
    [attempt] = error.attempts;
    return error instanceof ExecutionError;
  });
  const [[, reason]] = (await attempt).votesAgainst;
  assert.ok(reason instanceof ResourceLockedError, `refused with ${reason}`);
}

report({
  async acquire() {
    const lock = await once.acquire(["a"], 5000);
    assert.equal(await client.get("a"), lock.value);
    await refused(["a"]);
    await lock.release();
    assert.equal(await client.exists("a"), 0);
    await (await once.acquire(["a"], 5000)).release();
  },
  async several_resources() {
    const lock = await once.acquire(["x", "y"], 5000);
    await refused(["y"]);
    await refused(["z", "x"]);
    assert.equal(await client.exists("z"), 0, "a refused lock left a part");
    await lock.release();
  },
  // A counter that is read, and written a moment later: only a lock keeps its sum exact.
  async excludes() {
    await client.set("sum", 0);
    const work = async (locker) => {
      for (let i = 0; i < rounds / 5; i++) {
        await locker.using(["sum-lock"], 5000, async () => {
          const before = Number(await client.get("sum"));
          await sleep(1);
          await client.set("sum", before + 1);
        });
      }
    };
    await Promise.all(lockers.map(work));
    assert.equal(Number(await client.get("sum")), rounds);
  },
  async expires() {
    const lock = await once.acquire(["e"], 300);
    await refused(["e"]);
    await sleep(350);
    const next = await once.acquire(["e"], 5000);
    await assert.rejects(lock.release(), ExecutionError); // It is another's by now.
    assert.equal(await client.get("e"), next.value);
    await next.release();
  },
  async extend() {
    const lock = await (await once.acquire(["l"], 300)).extend(5000);
    await sleep(400);
    await refused(["l"]);
    await lock.release();
  },
  // using() extends its lock by itself for as long as the work takes.
  async using() {
    await lockers[0].using(["u"], 400, { automaticExtensionThreshold: 200 }, async (signal) => {
      await sleep(900);
      assert.equal(signal.aborted, false);
      await refused(["u"]);
    });
    assert.equal(await client.exists("u"), 0);
  },
});
