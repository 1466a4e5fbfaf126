// rate-limiter-flexible: that its limiters really limit, through ioredis, node-redis and valkey-glide (a library of
// functions, called by FCALL).
"use strict";
const assert = require("node:assert").strict;
const { setTimeout: sleep } = require("node:timers/promises");
const { GlideClient, ProtocolVersion } = require("@valkey/valkey-glide");
const { Redis } = require("ioredis");
const { createClient } = require("redis");
const { BurstyRateLimiter, RateLimiterQueue, RateLimiterRedis, RateLimiterRes, RateLimiterUnion,
  RateLimiterValkeyGlide } = require("rate-limiter-flexible");
const { options, report } = require("./report");

const { rounds, ...connection } = options();
const { protocol, host, port } = connection;
const clients = Array.from({ length: 5 }, () => new Redis(connection));
const limiter = (keyPrefix, points, duration, more) =>
  new RateLimiterRedis({ storeClient: clients[0], keyPrefix, points, duration, ...more });

// Consumes one point after the other until the limiter refuses; returns what it said then and how many it gave.
async function exhaust(limits, key) {
  for (let given = 0; ; given++) {
    try {
      await limits.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { given, refusal };
    }
    assert.ok(given < 1000, "no limit");
  }
}

async function limits(limited) {
  const first = await limited.consume("a");
  assert.deepEqual([first.consumedPoints, first.remainingPoints, first.isFirstInDuration], [1, 4, true]);
  const { given, refusal } = await exhaust(limited, "a");
  assert.deepEqual([given, refusal.consumedPoints, refusal.remainingPoints], [4, 6, 0]);
  assert.ok(refusal.msBeforeNext > 5000 && refusal.msBeforeNext <= 10000, `${refusal.msBeforeNext} ms`);
  assert.equal((await limited.consume("another")).remainingPoints, 4);
}

report({
  consume: () => limits(limiter("consume", 5, 10)),
  // Of what five connections ask for at the same time exactly the limit is given.
  async parallel() {
    const limiters = clients.map((storeClient) => limiter("parallel", 30, 10, { storeClient }));
    const asked = Array.from({ length: rounds * 5 }, (_, i) => limiters[i % 5].consume("all"));
    const answers = await Promise.allSettled(asked);
    assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 30);
    assert.ok(answers.every(({ value, reason }) => (value || reason) instanceof RateLimiterRes));
  },
  async window() {
    const limited = limiter("window", 3, 1);
    const { given, refusal } = await exhaust(limited, "a");
    assert.equal(given, 3);
    await sleep(refusal.msBeforeNext + 20);
    assert.equal((await exhaust(limited, "a")).given, 3);
  },
  async block() {
    const limited = limiter("block", 2, 1, { blockDuration: 20 });
    await exhaust(limited, "a");
    assert.ok((await limited.get("a")).msBeforeNext > 10000, "blocked no longer than the window");
    await limited.block("b", 30);
    assert.equal((await exhaust(limited, "b")).given, 0);
    assert.equal(await limited.delete("b"), true);
    assert.equal((await exhaust(limited, "b")).given, 2);
  },
  async penalty_reward() {
    const limited = limiter("penalty", 5, 10);
    assert.equal(await limited.get("a"), null);
    await limited.penalty("a", 4);
    await limited.reward("a", 2);
    assert.equal((await limited.get("a")).consumedPoints, 2);
    assert.equal((await exhaust(limited, "a")).given, 3);
  },
  async bursty() {
    const bursty = new BurstyRateLimiter(limiter("steady", 2, 10), limiter("burst", 3, 20));
    assert.equal((await exhaust(bursty, "a")).given, 5);
    const union = new RateLimiterUnion(limiter("loose", 9, 10), limiter("tight", 1, 10));
    await union.consume("a");
    await assert.rejects(union.consume("a"), (refusals) => Object.keys(refusals).join() === "tight");
  },
  async queue() {
    const queue = new RateLimiterQueue(limiter("queue", 2, 1));
    const began = Date.now();
    const given = await Promise.all([1, 2, 3].map(() => queue.removeTokens(1).then(() => Date.now() - began)));
    assert.ok(given[1] < given[2] && given[2] >= 900, `given after ${given} ms`);
  },
  async node_redis() {
    const storeClient = await createClient({ RESP: protocol, socket: { host, port } }).connect();
    await limits(limiter("node-redis", 5, 10, { storeClient, useRedisPackage: true }));
    await storeClient.close();
  },
  async valkey_glide() {
    const storeClient = await GlideClient.createClient({ addresses: [{ host, port }],
      protocol: protocol === 3 ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2 });
    await limits(new RateLimiterValkeyGlide({ storeClient, keyPrefix: "glide", points: 5, duration: 10 }));
    storeClient.close();
  },
});
