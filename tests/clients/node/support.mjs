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

// A second run against the same server must not meet the keys of one that was ended halfway.
export function prefixOf(suite, name) {
  return `${run}/${suite}/${name}/`.replaceAll(' ', '-');
}

export function isBetween(value, low, high) {
  assert.ok(value >= low && value <= high, `${value} is not within ${low} and ${high}`);
}

export function sorted(strings) {
  return [...strings].sort();
}

// The clients keep silent about what goes wrong while they connect; the server still has to do it.
export function connectionLine(clientList, identifier) {
  const line = clientList.split('\n').find((text) => text.startsWith(`id=${identifier} `));
  assert.ok(line, `no connection ${identifier} in:\n${clientList}`);
  return Object.fromEntries(line.split(' ').map((word) => word.split(/=(.*)/s).slice(0, 2)));
}

// Waits for one more of what a listener is told, and fails rather than wait forever.
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

// Makes scenario(name, body): a test with one fresh client, closed and swept clean afterwards.
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
