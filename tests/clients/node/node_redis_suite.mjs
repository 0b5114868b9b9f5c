// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe } from 'node:test';
import { RESP_TYPES, WatchError, createClient } from 'redis';
import {
  connectionLine, everyByte, inbox, isBetween, numbers, scenarios, socketPath, sorted,
} from './support.mjs';

const version = createRequire(import.meta.url)('@redis/client/package.json').version;
const defaultProtocol = 3;

function openWith(options) {
  return (onError) => {
    const instance = createClient({ socket: { path: socketPath() }, ...options });
    instance.on('error', onError);
    return { instance, ready: instance.connect() };
  };
}

async function scanned(client, prefix) {
  const keys = [];
  for await (const part of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 50 })) keys.push(...part);
  return keys;
}

async function sweep(client, prefix) {
  const keys = await scanned(client, prefix);
  if (keys.length > 0) await client.del(keys);
}

function close(client) {
  if (client.isOpen) client.destroy();
}

function withBuffers(client) {
  return client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

export function nodeRedisSuite(title, options) {
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
    assert.equal(client.isReady, true);
    assert.equal(await client.ping(), 'PONG');
    assert.equal(await client.ping('hello'), 'hello');
    assert.match(await client.info('persistence'), /^loading:0\r$/m);
  });

  scenario('sends its name and version', async ({ client }) => {
    const line = connectionLine(await client.sendCommand(['CLIENT', 'LIST']), await client.clientId());
    assert.equal(line['lib-name'], 'node-redis');
    assert.equal(line['lib-ver'], version);
    assert.equal(line.resp, String(options.RESP ?? defaultProtocol));
    assert.equal(await client.sendCommand(['CLIENT', 'SETINFO', 'LIB-NAME', 'another']), 'OK');
    const wrong = client.sendCommand(['CLIENT', 'SETINFO', 'NOSUCH', 'another']);
    await assert.rejects(wrong, /Unrecognized option/i);
  });

  scenario('reconnects when its connection is killed', async ({ client, another, errors, key }) => {
    await client.set(key('a'), 'kept');
    const again = new Promise((resolve) => client.once('ready', resolve));
    const killer = await another();
    assert.equal(await killer.clientKill({ filter: 'ID', id: await client.clientId() }), 1);
    await again;
    assert.equal(await client.get(key('a')), 'kept');
    assert.match(String(errors.shift()), /Socket closed unexpectedly/);
  });
}

function values(scenario) {
  scenario('sets and gets', async ({ client, key }) => {
    assert.equal(await client.get(key('a')), null);
    assert.equal(await client.set(key('a'), 'première'), 'OK');
    assert.equal(await client.get(key('a')), 'première');
    assert.equal(await client.set(key('a'), ''), 'OK');
    assert.equal(await client.get(key('a')), '');
    assert.equal(await client.exists([key('a'), key('b')]), 1);
    assert.equal(await client.del([key('a'), key('b')]), 1);
    assert.equal(await client.get(key('a')), null);
  });

  scenario('keeps every byte of values and keys', async ({ client, prefix }) => {
    const buffers = withBuffers(client);
    const key = Buffer.concat([Buffer.from(prefix), everyByte]);
    const value = Buffer.concat([everyByte, Buffer.from(everyByte).reverse()]);
    await buffers.set(key, value);
    assert.deepEqual(await buffers.get(key), value);
    assert.deepEqual(await buffers.mGet([key]), [value]);
    const { keys } = await buffers.scan('0', { MATCH: `${prefix}*`, COUNT: 100_000 });
    assert.deepEqual(keys, [key]);
  });

  scenario('keeps a long value', async ({ client, key }) => {
    const buffers = withBuffers(client);
    const value = Buffer.concat(Array(4096).fill(everyByte));
    await buffers.set(key('long'), value);
    // The server may send a long reply at once or in parts; the connection must work after both.
    for (const _ of numbers(20)) {
      assert.ok(value.equals(await buffers.get(key('long'))));
      assert.equal(await client.strLen(key('long')), value.length);
    }
  });

  scenario('sets and gets several', async ({ client, key }) => {
    assert.equal(await client.mSet({ [key('a')]: '1', [key('b')]: '2' }), 'OK');
    assert.deepEqual(await client.mGet([key('a'), key('none'), key('b')]), ['1', null, '2']);
    assert.equal(await client.mSetNX([[key('b'), '3'], [key('c'), '3']]), 0);
    assert.deepEqual(await client.mGet([key('b'), key('c')]), ['2', null]);
  });

  scenario('counts', async ({ client, key }) => {
    assert.equal(await client.incr(key('a')), 1);
    assert.equal(await client.incrBy(key('a'), 41), 42);
    assert.equal(await client.decr(key('a')), 41);
    assert.equal(await client.decrBy(key('a'), 50), -9);
    assert.equal(await client.incrByFloat(key('a'), 0.5), '-8.5');
    const counts = await Promise.all(numbers(100).map(() => client.incr(key('b'))));
    assert.deepEqual(counts, numbers(100).map((number) => number + 1));
  });
}

function settingConditionally(scenario) {
  scenario('sets under a condition', async ({ client, key }) => {
    assert.equal(await client.set(key('a'), '1', { condition: 'XX' }), null);
    assert.equal(await client.set(key('a'), '1', { condition: 'NX' }), 'OK');
    assert.equal(await client.set(key('a'), '2', { condition: 'NX' }), null);
    assert.equal(await client.get(key('a')), '1');
    assert.equal(await client.set(key('a'), '3', { condition: 'XX' }), 'OK');
    assert.equal(await client.get(key('a')), '3');
  });

  scenario('sets and gets the old value', async ({ client, key }) => {
    assert.equal(await client.set(key('a'), '1', { GET: true }), null);
    assert.equal(await client.set(key('a'), '2', { GET: true }), '1');
    assert.equal(await client.set(key('a'), '3', { condition: 'NX', GET: true }), '2');
    assert.equal(await client.get(key('a')), '2');
  });

  scenario('sets with a deadline', async ({ client, key }) => {
    await client.set(key('seconds'), '1', { expiration: { type: 'EX', value: 100 } });
    isBetween(await client.pTTL(key('seconds')), 90_000, 100_000);
    await client.set(key('seconds'), '2', { expiration: 'KEEPTTL' });
    isBetween(await client.ttl(key('seconds')), 90, 100);
    await client.set(key('milliseconds'), '1', { expiration: { type: 'PX', value: 150 } });
    isBetween(await client.pTTL(key('milliseconds')), 1, 150);
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
    assert.equal(await client.pExpire(key('a'), 50), 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await client.exists(key('a')), 0);
  });
}

function scanning(scenario) {
  scenario('scans each of 500 keys once', async ({ client, key, prefix }) => {
    const keys = numbers(500).map((number) => key(number));
    await client.mSet(keys.map((name) => [name, 'x']));
    assert.deepEqual(sorted(await scanned(client, prefix)), sorted(keys));
    assert.deepEqual(sorted(await client.keys(`${prefix}*`)), sorted(keys));
  });
}

function transactions(scenario) {
  scenario('executes a transaction', async ({ client, key }) => {
    const results = await client.multi().set(key('a'), '1').incr(key('a')).get(key('a')).exec();
    assert.deepEqual(results, ['OK', 2, '2']);
  });

  scenario('continues a transaction after an error', async ({ client, key }) => {
    const several = client.multi().set(key('a'), 'x').incr(key('a')).get(key('a')).exec();
    await assert.rejects(several, ({ replies, errorIndexes }) => {
      assert.deepEqual(errorIndexes, [1]);
      assert.deepEqual([replies[0], replies[2]], ['OK', 'x']);
      assert.match(replies[1].message, /^ERR value is not an integer or out of range$/);
      return true;
    });
  });

  scenario('aborts a transaction with an invalid command', async ({ client, key }) => {
    const several = client.multi().set(key('a'), '1').addCommand(['GET']).exec();
    await assert.rejects(several, ({ message }) => /wrong number|EXECABORT/.test(message));
    assert.equal(await client.get(key('a')), null);
  });

  scenario('watches', async ({ client, another, key }) => {
    const other = await another();
    await client.watch(key('a'));
    await other.set(key('a'), 'theirs');
    await assert.rejects(client.multi().set(key('a'), 'ours').exec(), WatchError);
    assert.equal(await client.get(key('a')), 'theirs');
    await client.watch(key('a'));
    await other.set(key('b'), 'theirs');
    assert.deepEqual(await client.multi().set(key('a'), 'ours').exec(), ['OK']);
    assert.equal(await client.get(key('a')), 'ours');
  });

  scenario('unwatches', async ({ client, another, key }) => {
    await client.watch(key('a'));
    await (await another()).set(key('a'), 'theirs');
    assert.equal(await client.unwatch(), 'OK');
    assert.deepEqual(await client.multi().set(key('a'), 'ours').exec(), ['OK']);
  });
}

function messages(scenario, options) {
  scenario('publishes and subscribes', async ({ client, errors, key }) => {
    const subscriber = client.duplicate();
    subscriber.on('error', (error) => errors.push(error));
    await subscriber.connect();
    try {
      await subscribing(client, subscriber, key);
      await binaryMessages(client, subscriber, key);
      await whileSubscribed(subscriber, key, options.RESP ?? defaultProtocol);
    } finally {
      close(subscriber);
    }
  });
}

async function subscribing(client, subscriber, key) {
  const plain = inbox();
  const patterns = inbox();
  await subscriber.subscribe([key('a'), key('b')], plain.put);
  await subscriber.pSubscribe(`${key('p')}*`, patterns.put);
  const counts = await client.pubSubNumSub([key('a'), key('c')]);
  assert.deepEqual({ ...counts }, { [key('a')]: 1, [key('c')]: 0 });
  assert.equal(await client.publish(key('a'), 'hello'), 1);
  assert.deepEqual(await plain.take(), ['hello', key('a')]);
  assert.equal(await client.publish(key('pqr'), 'pattern'), 1);
  assert.deepEqual(await patterns.take(), ['pattern', key('pqr')]);
  await subscriber.unsubscribe(key('a'));
  assert.equal(await client.publish(key('a'), 'nobody'), 0);
  assert.deepEqual([plain.arrived, patterns.arrived], [[], []]);
}

async function binaryMessages(client, subscriber, key) {
  const buffers = inbox();
  await subscriber.subscribe(key('binary'), buffers.put, true);
  assert.equal(await client.publish(key('binary'), everyByte), 1);
  assert.deepEqual(await buffers.take(), [everyByte, Buffer.from(key('binary'))]);
}

async function whileSubscribed(subscriber, key, protocol) {
  if (protocol === 3) assert.equal(await subscriber.set(key('value'), 'as usual'), 'OK');
  await subscriber.unsubscribe();
  await subscriber.pUnsubscribe();
  // With RESP2 this client returns Buffers once it has received messages, with any server.
  assert.equal(String(await subscriber.set(key('value'), 'as before')), 'OK');
  assert.equal(String(await subscriber.get(key('value'))), 'as before');
}

function pipelines(scenario) {
  scenario('pipelines 1000 requests', async ({ client, key }) => {
    const several = client.multi();
    for (const number of numbers(500)) {
      several.set(key(number % 100), `value ${number}`);
      several.get(key(number % 100));
    }
    const expected = numbers(500).flatMap((number) => ['OK', `value ${number}`]);
    assert.deepEqual(await several.execAsPipeline(), expected);
    assert.deepEqual(await several.exec(), expected);
  });

  scenario('keeps the order of 1000 replies with errors', async ({ client, key }) => {
    const asked = numbers(1000).map((number) =>
      number % 10 === 0
        ? client.sendCommand(['GET']).catch((error) => error.message)
        : client.incr(key('a')));
    const answers = await Promise.all(asked);
    const wrong = answers.filter((_, number) => number % 10 === 0);
    const right = answers.filter((_, number) => number % 10 !== 0);
    assert.deepEqual(new Set(wrong), new Set(["ERR wrong number of arguments for 'get' command"]));
    assert.deepEqual(right, numbers(900).map((number) => number + 1));
  });
}

function errorReplies(scenario) {
  scenario('reports errors', async ({ client, key }) => {
    await assert.rejects(client.sendCommand(['SET', key('a')]), {
      message: "ERR wrong number of arguments for 'set' command",
    });
    await assert.rejects(client.sendCommand(['NOSUCH', 'a', 'b']), {
      message: "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ",
    });
    await assert.rejects(client.sendCommand(['SET', key('a'), '1', 'NOSUCH']), {
      message: 'ERR syntax error',
    });
    await client.set(key('a'), 'x');
    await assert.rejects(client.incr(key('a')), /ERR value is not an integer or out of range$/);
    assert.equal(await client.get(key('a')), 'x');
  });
}

function leaving(scenario) {
  for (const how of ['quit', 'close']) {
    scenario(`leaves by ${how}`, async ({ client, another }) => {
      const identifier = await client.clientId();
      await client[how]();
      assert.equal(client.isOpen, false);
      const list = await (await another()).sendCommand(['CLIENT', 'LIST']);
      assert.throws(() => connectionLine(list, identifier), /no connection/);
    });
  }
}
