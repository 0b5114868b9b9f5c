// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { createClient } from 'redis';
import { socketPath } from './support.mjs';

const commander = createRequire(import.meta.url).resolve('redis-commander/bin/redis-commander.js');

const browserArguments = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findProgram(name) {
  const places = process.env.PATH.split(delimiter).map((folder) => join(folder, name));
  const found = places.find(isExecutable);
  assert.ok(found, `${name} has to be installed`);
  return found;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function openClient(context) {
  const client = await createClient({ socket: { path: socketPath() } }).connect();
  context.after(() => client.close());
  return client;
}

async function startCommander(context) {
  const port = await freePort();
  const child = spawn(process.execPath, [
    commander, '--redis-socket', socketPath(), '--address', '127.0.0.1', '--port', String(port),
    '--noload', '--nosave',
  ], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  context.after(() => {
    child.kill();
    return exit;
  });
  await untilListening(child);
  return `http://127.0.0.1:${port}/`;
}

async function untilListening(child) {
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('listening on')) {
      // Drains further output: a full pipe would block the program.
      child.stdout.resume();
      return;
    }
  }
  assert.fail(`redis-commander ended:\n${lines.join('\n')}`);
}

async function openPage(context, url) {
  const profile = mkdtempSync(join(tmpdir(), 'ipsetkv-web-client-'));
  context.after(() => rmSync(profile, { recursive: true, force: true }));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: findProgram('chromium'), args: browserArguments,
  });
  context.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  return page;
}

function treeNode(page, key) {
  return page.locator('#keyTree').getByText(key, { exact: true });
}

async function openKey(page, key) {
  await treeNode(page, key).click();
  await page.locator('#itemData b', { hasText: key }).waitFor();
  return page.locator('#stringValue');
}

async function save(page, text) {
  await page.locator('#stringValue').fill(text);
  const saved = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.locator('#editStringForm #saveKeyButton').click();
  assert.equal((await saved).status(), 200);
}

async function deleteOpenKey(page) {
  page.once('dialog', (dialog) => dialog.accept());
  const gone = page.waitForResponse((response) => response.url().includes('action=delete'));
  await page.getByText('Delete Key', { exact: true }).click();
  assert.equal((await gone).status(), 200);
}

// Closes in reverse order of opening. node:test closes in order, which would remove the profile before
// its browser is closed.
function closingBackwards(context) {
  const steps = [];
  context.after(async () => {
    for (const step of steps.reverse()) await step();
  });
  return { after: (step) => steps.push(step) };
}

test('a web client shows the keys and edits one', { timeout: 90_000 }, async (context) => {
  const opened = closingBackwards(context);
  const client = await openClient(opened);
  const [edited, other] = ['edited', 'other'].map((name) => `web-client-${name}-${randomUUID()}`);
  opened.after(() => client.del([edited, other]));
  await client.mSet({ [edited]: 'the old value', [other]: 'untouched' });

  const page = await openPage(opened, await startCommander(opened));
  await treeNode(page, other).waitFor();
  assert.equal(await (await openKey(page, edited)).inputValue(), 'the old value');
  await save(page, 'the new value: première');
  assert.equal(await client.get(edited), 'the new value: première');
  assert.equal(await client.get(other), 'untouched');

  assert.equal(await (await openKey(page, other)).inputValue(), 'untouched');
  await deleteOpenKey(page);
  assert.equal(await client.exists(other), 0);
  assert.equal(await client.exists(edited), 1);
});
