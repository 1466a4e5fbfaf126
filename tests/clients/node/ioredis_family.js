// Adapter for ioredis and its fork iovalkey, which share one interface; see checks.js for the shape.
"use strict";

class Connection {
  constructor(client) { this.client = client; }
  ping() { return this.client.ping(); }
  set(key, value, { ex, px } = {}) {
    const expiry = ex ? ["EX", ex] : px ? ["PX", px] : [];
    return this.client.set(key, value, ...expiry);
  }
  get(key) { return this.client.getBuffer(key); }
  mset(values) { return this.client.mset(values); }
  mget(keys) { return this.client.mgetBuffer(...keys); }
  incr(key) { return this.client.incr(key); }
  incrBy(key, by) { return this.client.incrby(key, by); }
  decr(key) { return this.client.decr(key); }
  ttl(key) { return this.client.ttl(key); }
  expire(key, seconds) { return this.client.expire(key, seconds); }
  persist(key) { return this.client.persist(key); }
  exists(key) { return this.client.exists(key); }
  dbSize() { return this.client.dbsize(); }
  flushDb() { return this.client.flushdb(); }
  flushAll() { return this.client.flushall(); }
  clientInfo() { return this.client.client("INFO"); }
  clientList() { return this.client.client("LIST"); }
  clientId() { return this.client.client("ID"); }
  kill(id) { return this.client.client("KILL", "ID", id); }
  async pipeline(commands) {
    const replies = await this.client.pipeline(commands).exec();
    return replies.map(([error, reply]) => { if (error) throw error; return reply; });
  }
  async scanAll(options) {
    const keys = [];
    for await (const batch of this.client.scanStream(options)) keys.push(...batch);
    return keys;
  }
  close() { return this.client.quit(); }
}

const authority = process.env.SIGRUN_CA;
const encryption = authority ? { tls: { ca: require("fs").readFileSync(authority) } } : {};

// Makes the adapter of a library: its client class and the class of an error reply.
module.exports = function adapt(Redis, ReplyError, moreOptions) {
  const connect = ({ port, db, password, protocol }, more) =>
    new Redis({ host: "127.0.0.1", port, ...encryption, db, password, ...moreOptions(protocol), ...more });
  const library = {
    isReplyError: (error) => error instanceof ReplyError,
    async open(options) {
      const client = connect(options, { lazyConnect: true });
      await client.connect();
      return new Connection(client);
    },
    // The library has no pool: as many clients are opened.
    async openPool(size, options) {
      const idle = await Promise.all(Array.from({ length: size }, () => library.open(options)));
      const all = [...idle];
      return {
        async run(task) {
          const connection = idle.pop();
          await task(connection);
          idle.push(connection);
        },
        close: () => Promise.all(all.map((connection) => connection.close())),
      };
    },
    // Opens with a password that the server refuses; fails with the error of GET, or with that of the connection.
    openRefused(options) {
      const client = connect(options, { retryStrategy: null, maxRetriesPerRequest: 0 });
      return new Promise((resolve, reject) => {
        client.on("error", reject);
        client.get("a").then(resolve, (error) => { if (error instanceof ReplyError) reject(error); });
      }).finally(() => client.disconnect());
    },
  };
  return library;
};
