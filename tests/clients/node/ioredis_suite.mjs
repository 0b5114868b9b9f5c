// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { describe } from 'node:test';
import Redis from 'ioredis';
import {
  connectionLine, everyByte, inbox, isBetween, numbers, scenarios, socketPath, sorted,
} from './support.mjs';

const version = createRequire(import.meta.url)('ioredis/package.json').version;

function openWith(options) {
  return (onError) => {
    const instance = new Redis(socketPath(), options);
    instance.on('error', onError);
    return { instance, ready: once(instance, 'ready') };
  };
}

async function scanned(client, prefix) {
  const keys = [];
  for await (const part of client.scanStream({ match: `${prefix}*`, count: 50 })) keys.push(...part);
  return keys;
}

async function sweep(client, prefix) {
  const keys = await scanned(client, prefix);
  if (keys.length > 0) await client.del(...keys);
}

function close(client) {
  client.disconnect();
}

export function ioredisSuite(title, options) {
  const scenario = scenarios(title, { open: openWith(options), sweep, close });
  describe(title, () => {
    connecting(scenario, options);
    values(scenario);
    settingConditionally(scenario);
    expiring(scenario);
    scanning(scenario);
    transactions(scenario);
    messages(scenario, options);
    pipelines(scenario);
    errorReplies(scenario);
    leaving(scenario);
  });
}

function connecting(scenario, options) {
  scenario('connects', async ({ client }) => {
    assert.equal(client.status, 'ready');
    assert.equal(client.options.enableReadyCheck, true);
    assert.match(await client.info('persistence'), /^loading:0\r$/m);
    assert.equal(await client.ping(), 'PONG');
    assert.equal(await client.ping('hello'), 'hello');
  });

  scenario('sends its name and version', async ({ client }) => {
    const line = connectionLine(await client.client('LIST'), await client.client('ID'));
    assert.equal(line['lib-name'], 'ioredis');
    assert.equal(line['lib-ver'], version);
    assert.equal(line.resp, String(options.protocol ?? 3));
    assert.equal(await client.client('SETINFO', 'LIB-NAME', 'another'), 'OK');
    await assert.rejects(client.client('SETINFO', 'NOSUCH', 'another'), /Unrecognized option/i);
  });

  scenario('reconnects when its connection is killed', async ({ client, another, key }) => {
    await client.set(key('a'), 'kept');
    const again = once(client, 'ready');
    assert.equal(await (await another()).client('KILL', 'ID', await client.client('ID')), 1);
    await again;
    assert.equal(await client.get(key('a')), 'kept');
  });
}

function values(scenario) {
  scenario('sets and gets', async ({ client, key }) => {
    assert.equal(await client.get(key('a')), null);
    assert.equal(await client.set(key('a'), 'première'), 'OK');
    assert.equal(await client.get(key('a')), 'première');
    assert.equal(await client.set(key('a'), ''), 'OK');
    assert.equal(await client.get(key('a')), '');
    assert.equal(await client.exists(key('a'), key('b')), 1);
    assert.equal(await client.del(key('a'), key('b')), 1);
    assert.equal(await client.get(key('a')), null);
  });

  scenario('keeps every byte of values and keys', async ({ client, prefix }) => {
    const key = Buffer.concat([Buffer.from(prefix), everyByte]);
    const value = Buffer.concat([everyByte, Buffer.from(everyByte).reverse()]);
    await client.set(key, value);
    assert.deepEqual(await client.getBuffer(key), value);
    assert.deepEqual(await client.mgetBuffer(key), [value]);
    const [, keys] = await client.scanBuffer(0, 'MATCH', `${prefix}*`, 'COUNT', 100_000);
    assert.deepEqual(keys, [key]);
  });

  scenario('keeps a long value', async ({ client, key }) => {
    const value = Buffer.concat(Array(4096).fill(everyByte));
    await client.set(key('long'), value);
    // The server may send a long reply at once or in parts; the connection must work after both.
    for (const _ of numbers(100)) {
      assert.ok(value.equals(await client.getBuffer(key('long'))));
      assert.equal(await client.strlen(key('long')), value.length);
    }
  });

  scenario('sets and gets several', async ({ client, key }) => {
    assert.equal(await client.mset({ [key('a')]: '1', [key('b')]: '2' }), 'OK');
    assert.deepEqual(await client.mget(key('a'), key('none'), key('b')), ['1', null, '2']);
    assert.equal(await client.msetnx(key('b'), '3', key('c'), '3'), 0);
    assert.deepEqual(await client.mget([key('b'), key('c')]), ['2', null]);
  });

  scenario('counts', async ({ client, key }) => {
    assert.equal(await client.incr(key('a')), 1);
    assert.equal(await client.incrby(key('a'), 41), 42);
    assert.equal(await client.decr(key('a')), 41);
    assert.equal(await client.decrby(key('a'), 50), -9);
    assert.equal(await client.incrbyfloat(key('a'), 0.5), '-8.5');
    const counts = await Promise.all(numbers(100).map(() => client.incr(key('b'))));
    assert.deepEqual(counts, numbers(100).map((number) => number + 1));
  });
}

function settingConditionally(scenario) {
  scenario('sets under a condition', async ({ client, key }) => {
    assert.equal(await client.set(key('a'), '1', 'XX'), null);
    assert.equal(await client.set(key('a'), '1', 'NX'), 'OK');
    assert.equal(await client.set(key('a'), '2', 'NX'), null);
    assert.equal(await client.get(key('a')), '1');
    assert.equal(await client.set(key('a'), '3', 'XX'), 'OK');
    assert.equal(await client.get(key('a')), '3');
  });

  scenario('sets and gets the old value', async ({ client, key }) => {
    assert.equal(await client.set(key('a'), '1', 'GET'), null);
    assert.equal(await client.set(key('a'), '2', 'GET'), '1');
    assert.equal(await client.set(key('a'), '3', 'NX', 'GET'), '2');
    assert.equal(await client.get(key('a')), '2');
  });

  scenario('sets with a deadline', async ({ client, key }) => {
    await client.set(key('seconds'), '1', 'EX', 100);
    isBetween(await client.pttl(key('seconds')), 90_000, 100_000);
    await client.set(key('seconds'), '2', 'KEEPTTL');
    isBetween(await client.ttl(key('seconds')), 90, 100);
    await client.set(key('milliseconds'), '1', 'PX', 150);
    isBetween(await client.pttl(key('milliseconds')), 1, 150);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(await client.get(key('milliseconds')), null);
  });
}

function expiring(scenario) {
  scenario('expires', async ({ client, key }) => {
    assert.equal(await client.ttl(key('a')), -2);
    assert.equal(await client.expire(key('a'), 100), 0);
    await client.set(key('a'), '1');
    assert.equal(await client.ttl(key('a')), -1);
    assert.equal(await client.expire(key('a'), 100), 1);
    isBetween(await client.ttl(key('a')), 90, 100);
    assert.equal(await client.persist(key('a')), 1);
    assert.equal(await client.ttl(key('a')), -1);
    assert.equal(await client.pexpire(key('a'), 50), 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await client.exists(key('a')), 0);
  });
}

function scanning(scenario) {
  scenario('scans each of 500 keys once', async ({ client, key, prefix }) => {
    const keys = numbers(500).map((number) => key(number));
    await client.mset(keys.flatMap((name) => [name, 'x']));
    assert.deepEqual(sorted(await scanned(client, prefix)), sorted(keys));
    assert.deepEqual(sorted(await client.keys(`${prefix}*`)), sorted(keys));
  });
}

function transactions(scenario) {
  scenario('executes a transaction', async ({ client, key }) => {
    const results = await client.multi().set(key('a'), '1').incr(key('a')).get(key('a')).exec();
    assert.deepEqual(results, [[null, 'OK'], [null, 2], [null, '2']]);
  });

  scenario('continues a transaction after an error', async ({ client, key }) => {
    const results = await client.multi().set(key('a'), 'x').incr(key('a')).get(key('a')).exec();
    assert.match(results[1][0].message, /^ERR value is not an integer or out of range$/);
    assert.deepEqual([results[0], results[2]], [[null, 'OK'], [null, 'x']]);
  });

  scenario('aborts a transaction with an invalid command', async ({ client, key }) => {
    const several = client.multi().set(key('a'), '1').call('GET');
    await assert.rejects(several.exec(), /^ReplyError: EXECABORT/);
    assert.equal(await client.get(key('a')), null);
  });

  scenario('discards a transaction', async ({ client, key }) => {
    await client.multi({ pipeline: false });
    assert.equal(await client.set(key('a'), '1'), 'QUEUED');
    assert.equal(await client.discard(), 'OK');
    assert.equal(await client.get(key('a')), null);
  });

  scenario('watches', async ({ client, another, key }) => {
    const other = await another();
    await client.watch(key('a'));
    await other.set(key('a'), 'theirs');
    assert.equal(await client.multi().set(key('a'), 'ours').exec(), null);
    assert.equal(await client.get(key('a')), 'theirs');
    await client.watch(key('a'));
    await other.set(key('b'), 'theirs');
    assert.deepEqual(await client.multi().set(key('a'), 'ours').exec(), [[null, 'OK']]);
    assert.equal(await client.get(key('a')), 'ours');
  });

  scenario('unwatches', async ({ client, another, key }) => {
    await client.watch(key('a'));
    await (await another()).set(key('a'), 'theirs');
    assert.equal(await client.unwatch(), 'OK');
    assert.deepEqual(await client.multi().set(key('a'), 'ours').exec(), [[null, 'OK']]);
  });
}

function messages(scenario, options) {
  scenario('publishes and subscribes', async ({ client, errors, key }) => {
    const subscriber = client.duplicate();
    try {
      subscriber.on('error', (error) => errors.push(error));
      await subscribing(client, subscriber, key);
      await binaryMessages(client, subscriber, key);
      await whileSubscribed(subscriber, key, options.protocol ?? 3);
    } finally {
      subscriber.disconnect();
    }
  });
}

async function subscribing(client, subscriber, key) {
  const plain = inbox();
  const patterns = inbox();
  subscriber.on('message', plain.put);
  subscriber.on('pmessage', patterns.put);
  assert.equal(await subscriber.subscribe(key('a'), key('b')), 2);
  assert.equal(await subscriber.psubscribe(`${key('p')}*`), 3);
  assert.deepEqual(await client.pubsub('NUMSUB', key('a'), key('c')), [key('a'), 1, key('c'), 0]);
  assert.equal(await client.publish(key('a'), 'hello'), 1);
  assert.deepEqual(await plain.take(), [key('a'), 'hello']);
  assert.equal(await client.publish(key('pqr'), 'pattern'), 1);
  assert.deepEqual(await patterns.take(), [`${key('p')}*`, key('pqr'), 'pattern']);
  assert.equal(await subscriber.unsubscribe(key('a')), 2);
  assert.equal(await client.publish(key('a'), 'nobody'), 0);
  assert.deepEqual([plain.arrived, patterns.arrived], [[], []]);
}

async function binaryMessages(client, subscriber, key) {
  const buffers = inbox();
  subscriber.on('messageBuffer', buffers.put);
  assert.equal(await client.publish(key('b'), everyByte), 1);
  assert.deepEqual(await buffers.take(), [Buffer.from(key('b')), everyByte]);
}

async function whileSubscribed(subscriber, key, protocol) {
  if (protocol === 3) assert.equal(await subscriber.set(key('value'), 'as usual'), 'OK');
  assert.equal(await subscriber.unsubscribe(key('b')), 1);
  assert.equal(await subscriber.punsubscribe(`${key('p')}*`), 0);
  assert.equal(await subscriber.set(key('value'), 'as before'), 'OK');
  assert.equal(await subscriber.get(key('value')), 'as before');
}

function pipelines(scenario) {
  scenario('pipelines 1000 requests', async ({ client, key }) => {
    const pipeline = client.pipeline();
    for (const number of numbers(500)) {
      pipeline.set(key(number % 100), `value ${number}`);
      pipeline.get(key(number % 100));
    }
    const expected = numbers(500).flatMap((number) => [[null, 'OK'], [null, `value ${number}`]]);
    assert.deepEqual(await pipeline.exec(), expected);
  });

  scenario('keeps the order of 1000 replies with errors', async ({ client, key }) => {
    const asked = numbers(1000).map((number) =>
      number % 10 === 0 ? client.call('GET').catch((error) => error.message) : client.incr(key('a')));
    const answers = await Promise.all(asked);
    const wrong = answers.filter((_, number) => number % 10 === 0);
    const right = answers.filter((_, number) => number % 10 !== 0);
    assert.deepEqual(new Set(wrong), new Set(["ERR wrong number of arguments for 'get' command"]));
    assert.deepEqual(right, numbers(900).map((number) => number + 1));
  });
}

function errorReplies(scenario) {
  scenario('reports errors', async ({ client, key }) => {
    await assert.rejects(client.call('SET', key('a')), {
      name: 'ReplyError', message: "ERR wrong number of arguments for 'set' command",
    });
    await assert.rejects(client.call('NOSUCH', 'a', 'b'), {
      name: 'ReplyError',
      message: "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ",
    });
    await assert.rejects(client.set(key('a'), '1', 'NOSUCH'), { message: 'ERR syntax error' });
    await client.set(key('a'), 'x');
    await assert.rejects(client.incr(key('a')), /^ReplyError: ERR value is not an integer or out of range$/);
    assert.equal(await client.get(key('a')), 'x');
  });
}

function leaving(scenario) {
  scenario('quits', async ({ client, another }) => {
    const identifier = await client.client('ID');
    const end = once(client, 'end');
    assert.equal(await client.quit(), 'OK');
    await end;
    assert.equal(client.status, 'end');
    const list = await (await another()).client('LIST');
    assert.throws(() => connectionLine(list, identifier), /no connection/);
  });
}
