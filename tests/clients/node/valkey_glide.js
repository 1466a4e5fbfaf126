// valkey-glide: the checks of checks.js. One client is one multiplexed connection, so the pool is as many clients.
"use strict";
const glide = require("@valkey/valkey-glide");
const { GlideClient, Batch, Decoder, Logger, ProtocolVersion, RequestError, TimeUnit } = glide;

Logger.setLoggerConfig("off"); // It would warn about the errors that the checks provoke.
const kBytes = { decoder: Decoder.Bytes };

class Connection {
  constructor(client) { this.client = client; }
  async ping() { return String(await this.client.ping()); }
  set(key, value, { ex, px } = {}) {
    if (ex) return this.client.set(key, value, { expiry: { type: TimeUnit.Seconds, count: ex } });
    if (px) return this.client.set(key, value, { expiry: { type: TimeUnit.Milliseconds, count: px } });
    return this.client.set(key, value);
  }
  get(key) { return this.client.get(key, kBytes); }
  mset(values) { return this.client.mset(values); }
  mget(keys) { return this.client.mget(keys, kBytes); }
  incr(key) { return this.client.incr(key); }
  incrBy(key, by) { return this.client.incrBy(key, by); }
  decr(key) { return this.client.decr(key); }
  ttl(key) { return this.client.ttl(key); }
  expire(key, seconds) { return this.client.expire(key, seconds); }
  persist(key) { return this.client.persist(key); }
  exists(key) { return this.client.exists([key]); }
  dbSize() { return this.client.dbsize(); }
  flushDb() { return this.client.flushdb(); }
  flushAll() { return this.client.flushall(); }
  async clientInfo() { return String(await this.client.customCommand(["CLIENT", "INFO"])); }
  async clientList() { return String(await this.client.customCommand(["CLIENT", "LIST"])); }
  clientId() { return this.client.clientId(); }
  kill(id) { return this.client.customCommand(["CLIENT", "KILL", "ID", String(id)]); }
  pipeline(commands) {
    const batch = new Batch(false);
    for (const [name, ...args] of commands) batch[name](...args);
    return this.client.exec(batch, true);
  }
  async scanAll(options) {
    const keys = [];
    let cursor = "0";
    do {
      const [next, batch] = await this.client.scan(cursor, options);
      keys.push(...batch.map(String));
      cursor = String(next);
    } while (cursor !== "0");
    return keys;
  }
  async close() { this.client.close(); }
}

async function open({ port, db, password, protocol }) {
  return new Connection(await GlideClient.createClient({
    addresses: [{ host: "127.0.0.1", port }],
    databaseId: db,
    credentials: password === undefined ? undefined : { password },
    protocol: protocol === 3 ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2,
    requestTimeout: 10000,
  }));
}

require("./checks")({
  // Errors of the connection and of time are classes derived from the one of a reply.
  isReplyError: (error) => error.constructor === RequestError,
  wrongPassword: /WRONGPASS|Password authentication failed/, // The second is the library's own, in RESP2.
  open,
  async openPool(size, options) {
    const idle = await Promise.all(Array.from({ length: size }, () => open(options)));
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
  async openRefused(options) {
    const connection = await open(options);
    try {
      await connection.get("a");
    } finally {
      await connection.close();
    }
  },
});
