// node-redis (the package `redis`): the checks of checks.js.
"use strict";
const { BasicClientSideCache, createClient, createClientPool, ErrorReply, RESP_TYPES } = require("redis");

const kBytes = { [RESP_TYPES.BLOB_STRING]: Buffer };

class Connection {
  constructor(client) {
    this.client = client;
    this.bytes = client.withTypeMapping(kBytes); // The same connection; bulk strings come back as Buffers.
  }
  ping() { return this.client.ping(); }
  set(key, value, { ex, px } = {}) {
    const expiration = ex ? { type: "EX", value: ex } : px ? { type: "PX", value: px } : undefined;
    return this.client.set(key, value, { expiration });
  }
  get(key) { return this.bytes.get(key); }
  mset(values) { return this.client.mSet(Object.entries(values).flat()); }
  mget(keys) { return this.bytes.mGet(keys); }
  incr(key) { return this.client.incr(key); }
  incrBy(key, by) { return this.client.incrBy(key, by); }
  decr(key) { return this.client.decr(key); }
  ttl(key) { return this.client.ttl(key); }
  expire(key, seconds) { return this.client.expire(key, seconds); }
  persist(key) { return this.client.persist(key); }
  exists(key) { return this.client.exists(key); }
  dbSize() { return this.client.dbSize(); }
  flushDb() { return this.client.flushDb(); }
  flushAll() { return this.client.flushAll(); }
  async clientInfo() { return String(await this.client.sendCommand(["CLIENT", "INFO"])); }
  async clientList() { return String(await this.client.sendCommand(["CLIENT", "LIST"])); }
  clientId() { return this.client.clientId(); }
  kill(id) { return this.client.clientKill({ filter: "ID", id }); }
  pipeline(commands) {
    const multi = this.client.multi();
    for (const [name, ...args] of commands) multi[name](...args);
    return multi.execAsPipeline();
  }
  async scanAll({ match, count }) {
    const keys = [];
    for await (const batch of this.client.scanIterator({ MATCH: match, COUNT: count })) keys.push(...batch);
    return keys;
  }
  close() { return this.client.close(); }
}

const settings = ({ port, db, password, protocol }, socket) =>
  ({ socket: { host: "127.0.0.1", port, ...socket }, database: db, password, RESP: protocol });

require("./checks")({
  isReplyError: (error) => error instanceof ErrorReply,
  async open(options) {
    const client = createClient(settings(options));
    client.on("error", () => {}); // Without a listener Node.js ends the process when the server closes the connection.
    return new Connection(await client.connect());
  },
  async openPool(size, options) {
    const pool = createClientPool(settings(options), { minimum: size, maximum: size });
    pool.on("error", () => {});
    await pool.connect();
    return { run: (task) => pool.execute((client) => task(new Connection(client))), close: () => pool.close() };
  },
  async openCaching(options) {
    const cache = new BasicClientSideCache();
    const client = createClient({ ...settings(options), clientSideCache: cache });
    client.on("error", () => {});
    await client.connect();
    return { get: (key) => client.get(key), hits: () => cache.stats().hitCount, close: () => client.close() };
  },
  async openRefused(options) {
    const client = createClient(settings(options, { reconnectStrategy: false }));
    client.on("error", () => {});
    try {
      await client.connect();
      await client.get("a");
    } finally {
      if (client.isOpen) client.destroy();
    }
  },
});
