// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

const run = randomUUID();

export const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

export function socketPath() {
  const path = process.env.IPSETKV_SOCKET;
  assert.ok(path, 'IPSETKV_SOCKET has to name the unix socket of a running ipsetkv serve');
  return path;
}

export function numbers(count) {
  return Array.from({ length: count }, (_, number) => number);
}

// A prefix unique to this run: an aborted run may have left its keys in the same server.
export function prefixOf(suite, name) {
  return `${run}/${suite}/${name}/`.replaceAll(' ', '-');
}

export function isBetween(value, low, high) {
  assert.ok(value >= low && value <= high, `${value} is not within ${low} and ${high}`);
}

export function sorted(strings) {
  return [...strings].sort();
}

// The server's line about a connection. Clients ignore errors while they connect, so ask the server.
export function connectionLine(clientList, identifier) {
  const line = clientList.split('\n').find((text) => text.startsWith(`id=${identifier} `));
  assert.ok(line, `no connection ${identifier} in:\n${clientList}`);
  return Object.fromEntries(line.split(' ').map((word) => word.split(/=(.*)/s).slice(0, 2)));
}

// A queue of the events of a listener: `put` is the listener, `take` waits for the next event.
export function inbox() {
  const arrived = [];
  const waiting = [];
  const put = (...what) => (waiting.length > 0 ? waiting.shift()(what) : arrived.push(what));
  const take = () =>
    new Promise((resolve) => {
      if (arrived.length > 0) resolve(arrived.shift());
      else waiting.push(resolve);
    });
  return { put, take, arrived };
}

// Makes scenario(name, body): a test with a new client, which is closed and whose keys are removed
// afterwards.
export function scenarios(suite, { open, sweep, close }) {
  return (name, body) =>
    test(name, { timeout: 60_000 }, async (context) => {
      const prefix = prefixOf(suite, name);
      const errors = [];
      const another = async () => {
        const client = open((error) => errors.push(error));
        context.after(() => close(client.instance));
        await client.ready;
        return client.instance;
      };
      const client = await another();
      await body({ client, another, errors, prefix, key: (rest) => prefix + rest });
      await sweep(await another(), prefix);
      assert.deepEqual(errors, []);
    });
}
