// connect-redis: the sessions of an HTTP server with express-session, kept through node-redis, read by a second server.
"use strict";
const assert = require("node:assert").strict;
const http = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
const { promisify } = require("node:util");
const { RedisStore } = require("connect-redis");
const session = require("express-session");
const { createClient } = require("redis");
const { options, report } = require("./report");

const { protocol, host, port } = options();

// What a site does with its sessions, one path each; every answer says what the session holds.
const pages = {
  "/login": (request) => { request.session.user = "Zoë 🦊"; request.session.visits = 0; },
  "/visit": (request) => { request.session.visits = (request.session.visits ?? 0) + 1; },
  "/renew": (request) => promisify(request.session.regenerate).call(request.session),
  "/logout": (request) => promisify(request.session.destroy).call(request.session),
};

// A server process of the site: a connection, a store and a middleware of its own. Returns what visits a page of it.
async function site(maxAge) {
  const client = await createClient({ RESP: protocol, socket: { host, port } }).connect();
  const store = new RedisStore({ client, prefix: "site:" });
  const middleware = session({ store, secret: "s", resave: false, saveUninitialized: false, cookie: { maxAge } });
  const server = http.createServer((request, response) => middleware(request, response, async (error) => {
    try {
      if (error) throw error;
      await pages[request.url](request);
      response.end(JSON.stringify({ ...request.session, cookie: undefined }));
    } catch (failure) {
      response.end(JSON.stringify({ error: failure.message }));
    }
  }));
  server.keepAliveTimeout = 60000; // fetch keeps its connections, and fails on one that the server closes meanwhile.
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const visit = async (path, cookie) => {
    const headers = cookie ? { cookie } : {};
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers });
    const set = answer.headers.get("set-cookie");
    return { content: await answer.json(), cookie: set ? set.split(";")[0] : cookie };
  };
  return { visit, store, client };
}

const identity = (cookie) => decodeURIComponent(cookie).match(/s:([^.]+)\./)[1];

async function main() {
  const [one, two, brief] = [await site(60000), await site(60000), await site(1900)];
  let cookie;
  await report({
    async login() {
      ({ cookie } = await one.visit("/login"));
      const kept = JSON.parse(await one.client.get(`site:${identity(cookie)}`));
      assert.deepEqual([kept.user, kept.visits], ["Zoë 🦊", 0]);
      const seconds = await one.client.ttl(`site:${identity(cookie)}`);
      assert.ok(seconds > 50 && seconds <= 60, `TTL ${seconds}`);
    },
    async another_server() {
      assert.deepEqual((await two.visit("/visit", cookie)).content, { user: "Zoë 🦊", visits: 1 });
      assert.deepEqual((await one.visit("/visit", cookie)).content, { user: "Zoë 🦊", visits: 2 });
      assert.deepEqual((await two.visit("/visit")).content, { visits: 1 }); // A visitor without the cookie.
    },
    async all() {
      const kept = { user: "Zoë 🦊", visits: 0, cookie: {} };
      await Promise.all(Array.from({ length: 300 }, (_, number) => one.store.set(`visitor ${number}`, kept)));
      assert.equal(await two.store.length(), 302);
      assert.equal(new Set(await two.store.ids()).size, 302);
      const everybody = await two.store.all();
      assert.equal(everybody.filter(({ user, visits }) => user === "Zoë 🦊" && visits === 0).length, 300);
    },
    async renew() {
      const renewed = await two.visit("/renew", cookie);
      assert.notEqual(renewed.cookie, cookie);
      assert.equal(await one.client.exists(`site:${identity(cookie)}`), 0);
      assert.deepEqual((await one.visit("/visit", cookie)).content, { visits: 1 });
    },
    async logout() {
      ({ cookie } = await one.visit("/login"));
      await two.visit("/logout", cookie);
      assert.equal(await one.client.exists(`site:${identity(cookie)}`), 0);
      assert.deepEqual((await one.visit("/visit", cookie)).content, { visits: 1 });
    },
    async expires() {
      const { cookie: short } = await brief.visit("/login");
      assert.deepEqual((await brief.visit("/visit", short)).content, { user: "Zoë 🦊", visits: 1 });
      await sleep(2200);
      assert.equal(await one.client.exists(`site:${identity(short)}`), 0);
      assert.deepEqual((await brief.visit("/visit", short)).content, { visits: 1 });
    },
    async clear() {
      await two.store.clear();
      assert.deepEqual([await one.store.length(), await one.client.dbSize()], [0, 0]);
    },
  });
}

main();
