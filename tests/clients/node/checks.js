// The list of checks for every Node.js client. A client's own file is an adapter that gives each library's calls one
// shape: open({port, db, password, protocol}) -> connection, openPool(size, options) -> {run(task), close()},
// isReplyError(error) (by the library's class), openRefused(options) (fails as that library does when it is refused),
// wrongPassword (the text of a refused password, where it is not the server's), and a connection's methods as used
// below; values come back as Buffers.
// Called as: <client>.js PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
"use strict";
const assert = require("node:assert").strict;
const { setTimeout: sleep } = require("node:timers/promises");
const { report } = require("./report");

const kPool = 50;
const kBinary = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from("\r\n\0\r\n")]);
const kLarge = Buffer.concat(Array(4000).fill(kBinary));
const text = (value) => (value === null ? null : value.toString());

function list(library, main, open, { authPort, password, protocol, rounds }) {
  return {
    async connect() {
      assert.equal(await main.ping(), "PONG");
      const info = await main.clientInfo();
      assert.match(info, new RegExp(`resp=${protocol}\\b`));
      assert.match(info, / db=0 /);
    },
    async binary_value() {
      await main.set("binary", kBinary, { ex: 100 });
      assert.ok((await main.get("binary")).equals(kBinary), "GET differs");
      const left = await main.ttl("binary");
      assert.ok(left >= 1 && left <= 100, `TTL ${left}`);
      await main.set("large", kLarge);
      assert.ok((await main.get("large")).equals(kLarge), "GET of a large value differs");
    },
    async expiry() {
      await main.set("short", "v", { px: 500 });
      assert.equal(text(await main.get("short")), "v");
      await sleep(600);
      assert.equal(await main.get("short"), null);
    },
    async mset_mget() {
      await main.mset({ m1: "a", m2: kBinary, m3: "" });
      const values = await main.mget(["m1", "missing", "m2", "m3"]);
      const wanted = [Buffer.from("a"), null, kBinary, Buffer.alloc(0)];
      assert.deepEqual(values.map((value) => value && Buffer.from(value)), wanted);
    },
    async incr() {
      assert.deepEqual([await main.incr("n"), await main.incr("n")], [1, 2]);
      assert.equal(await main.incrBy("n", 40), 42);
      assert.equal(await main.decr("n"), 41);
      assert.equal(text(await main.get("n")), "41");
    },
    async expire_ttl() {
      await main.set("e", "v");
      assert.deepEqual([await main.ttl("missing"), await main.ttl("e")], [-2, -1]);
      assert.equal(Number(await main.expire("e", 50)), 1);
      const left = await main.ttl("e");
      assert.ok(left >= 48 && left <= 50, `TTL ${left}`);
      assert.equal(Number(await main.persist("e")), 1);
      assert.equal(await main.ttl("e"), -1);
      assert.equal(Number(await main.expire("missing", 50)), 0);
    },
    async pipeline() {
      const commands = [];
      for (let i = 0; i < 500; i++) commands.push(["set", `pipe:${i}`, `${i}`], ["get", `pipe:${i}`]);
      const replies = await main.pipeline(commands);
      assert.equal(replies.length, 1000);
      replies.forEach((reply, i) => assert.equal(text(reply), i % 2 ? `${(i - 1) / 2}` : "OK"));
    },
    async pool() {
      const pool = await library.openPool(kPool, open.options());
      let waiting = 0;
      let release;
      const released = new Promise((resolve) => (release = resolve));
      const tasks = Array.from({ length: kPool }, (_, number) =>
        pool.run(async (connection) => {
          await connection.ping();
          if (++waiting === kPool) release((await main.clientList()).trim().split("\n").length);
          await released;
          for (let i = 0; i < rounds; i++) {
            await connection.incr("pool:sum");
            await connection.set(`pool:${number}`, `${i}`);
            assert.equal(text(await connection.get(`pool:${number}`)), `${i}`);
          }
        }));
      await Promise.all(tasks);
      const connected = await released;
      assert.ok(connected >= kPool, `only ${connected} connections at once`);
      assert.equal(text(await main.get("pool:sum")), `${kPool * rounds}`);
      await pool.close();
    },
    async scan() {
      await main.flushDb();
      const keys = Array.from({ length: 1500 }, (_, i) => `scan:${i}`);
      await main.mset(Object.fromEntries(keys.map((key) => [key, "v"])));
      assert.deepEqual([...new Set(await main.scanAll({ count: 100 }))].sort(), keys.sort());
      assert.equal(new Set(await main.scanAll({ match: "scan:1*", count: 100 })).size, 611);
    },
    async error_reply() {
      await main.set("text", "abc");
      await assert.rejects(main.incr("text"), (error) => {
        assert.ok(library.isReplyError(error), `class ${error.constructor.name}`);
        assert.match(error.message, /value is not an integer or out of range/);
        return true;
      });
      assert.equal(text(await main.get("text")), "abc");
    },
    async reconnect() {
      const admin = await open();
      const before = await main.clientId();
      assert.equal(await admin.kill(before), 1);
      const deadline = Date.now() + 5000;
      for (;;) {
        try {
          assert.equal(text(await main.get("text")), "abc");
          break;
        } catch (error) {
          if (library.isReplyError(error) || Date.now() > deadline) throw error;
          await sleep(20);
        }
      }
      assert.notEqual(await main.clientId(), before);
      await admin.close();
    },
    async select() {
      const other = await open({ db: 5 });
      await other.set("only:5", "v");
      assert.match(await other.clientInfo(), / db=5 /);
      assert.deepEqual([await other.dbSize(), await main.exists("only:5")], [1, 0]);
      await other.close();
    },
    async auth() {
      const secured = await open({ port: authPort, password });
      await secured.set("a", "b");
      assert.equal(text(await secured.get("a")), "b");
      await secured.close();
    },
    async auth_refused() {
      for (const [wrong, wanted] of [["wrong", library.wrongPassword || /WRONGPASS/], [undefined, /NOAUTH/]]) {
        await assert.rejects(library.openRefused({ ...open.options(), port: authPort, password: wrong }), wanted);
      }
    },
    async client_cache() {
      const caching = await library.openCaching(open.options());
      const readUntil = async (wanted) => {
        const deadline = Date.now() + 5000;
        for (let value; (value = text(await caching.get("cached"))) !== wanted; await sleep(1)) {
          assert.ok(Date.now() < deadline, `the cache still has ${value}`);
        }
      };
      await main.set("cached", "one");
      assert.equal(text(await caching.get("cached")), "one");
      assert.equal(caching.hits(), 0);
      assert.equal(text(await caching.get("cached")), "one");
      assert.equal(caching.hits(), 1);
      await main.set("cached", "two");
      await readUntil("two");
      await main.flushDb();
      await readUntil(null);
      await caching.close();
    },
    async close() {
      const identity = await main.clientId();
      await main.close();
      const admin = await open();
      const deadline = Date.now() + 5000;
      while (new RegExp(`^id=${identity} `, "m").test(await admin.clientList())) {
        assert.ok(Date.now() < deadline, "the server still lists the closed connection");
        await sleep(20);
      }
      await admin.close();
    },
  };
}

module.exports = async function run(library) {
  const [protocol, port, authPort] = process.argv.slice(2, 5).map(Number);
  const [password, rounds] = [process.argv[5], Number(process.argv[6])];
  const options = (more) => ({ protocol, port, db: 0, ...more });
  const open = (more) => library.open(options(more));
  open.options = options;
  const main = await open();
  await main.flushAll();
  const checks = list(library, main, open, { authPort, password, protocol, rounds });
  if (!(library.openCaching && protocol === 3)) delete checks.client_cache;
  await report(checks);
};
