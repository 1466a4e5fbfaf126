// Runs named checks one after the other and prints one line each: `ok NAME` or `FAIL NAME: reason`.
"use strict";
const assert = require("node:assert").strict;
const { setTimeout: sleep } = require("node:timers/promises");

const kCheckSeconds = 15;

async function limited(body) {
  const late = new AbortController();
  const timeout = sleep(kCheckSeconds * 1000, null, { signal: late.signal })
    .then(() => { throw new Error(`no result within ${kCheckSeconds} s`); });
  timeout.catch(() => {});
  await Promise.race([body(), timeout]).finally(() => late.abort());
}

async function report(checks) {
  for (const [name, body] of Object.entries(checks)) {
    try {
      await limited(body);
      console.log(`ok ${name}`);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
      console.log(`FAIL ${name}: ${reason.replace(/\s+/g, " ").slice(0, 300)}`);
    }
  }
  process.exit(0); // A connection that a failed check left open must not keep the process alive.
}

// Waits until `condition` gives something true, which is returned.
async function eventually(condition, what) {
  const deadline = Date.now() + 1000 * kCheckSeconds;
  let value;
  while (!(value = await condition())) {
    assert.ok(Date.now() < deadline, `never: ${what}`);
    await sleep(10);
  }
  return value;
}

// How a framework's program was called: <framework>.js PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
function options() {
  const [protocol, port] = process.argv.slice(2, 4).map(Number);
  return { protocol, port, host: "127.0.0.1", rounds: Number(process.argv[6]) };
}

module.exports = { report, eventually, options };
