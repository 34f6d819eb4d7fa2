// @never-rerun: a single failure is a failure.
/**
 * Files of a folder start a flow, each once, while the platform is killed at random moments; and a large file goes through
 * a flow in bounded memory. `KQ_TEST_FILES` and `KQ_TEST_KILLS` say how many files and kills, `KQ_TEST_FILE_MB` how large
 * the file is.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { saveFolderAdapter } from '../support/folder-adapter.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform, type PlatformPorts } from '../support/platform-process.ts';

const FILES = Number(process.env['KQ_TEST_FILES'] ?? 200);
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 3);
const LARGE_MB = Number(process.env['KQ_TEST_FILE_MB'] ?? 64);
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
const SEEN_WITHIN_MS = 90_000 + FILES * 100;
const ADAPTER = 'adp_folder';

let scratch: string;
let folder: string;
let ports: PlatformPorts;
let platform: Platform;
let api: PlatformApi;

before(async () => {
  scratch = await makeScratch();
  folder = join(scratch, 'files');
  for (const name of ['small', 'large']) mkdirSync(join(folder, name), { recursive: true });
  ports = await choosePorts();
  platform = await start();
  await saveFolderAdapter(platform, ADAPTER, folder);
  api = await openPlatformApi(platform);
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await api?.close();
  if (scratch !== undefined) await removeScratch(scratch);
});

function start(): Promise<Platform> {
  return startPlatform({ scratch, ports, example: true, environment: { KQ_FILE_ROOTS: folder } });
}

/** Copies each file of a folder to another one, under its name. */
function copyFlow(name: string, output: 'text' | 'blob'): FlowDocument {
  const retry = {
    max: 100,
    baseMs: 20,
    factor: 1.5,
    capMs: 500,
    on: ['transient', 'unknown-outcome'] as ('transient' | 'unknown-outcome')[],
  };
  const path = output === 'text' ? `${name}-out/{headers.file-name}` : `${name}-out/{data.name}`;
  const write = { path, ifExists: 'replace', makeFolders: true };
  const flow = chainFlow(
    `flw_${name}`,
    [{ type: 'file.write@1', adapter: ADAPTER, config: write, handling: { retry, timeoutMs: 600_000 } }],
    {
      mode: 'durable',
      deadlineMs: 3_600_000,
    },
  );
  const config = { folder: name, stableSec: 1, everySec: 1, output, maxBytes: output === 'text' ? 1_000_000 : 10_000_000_000 };
  const [first, ...rest] = flow.nodes;
  const places = { doneFolder: `${name}-done`, failedFolder: `${name}-failed` };
  return { ...flow, nodes: [{ ...first!, type: 'file.poll@1', adapter: ADAPTER, config: { ...config, ...places } }, ...rest] };
}

const namesIn = (name: string) => (existsSync(join(folder, name)) ? readdirSync(join(folder, name)) : []);

async function countExecutions(flowId: string, status?: string): Promise<number> {
  let count = 0;
  for (let before = ''; ;) {
    const query = `/executions?flowId=${flowId}&limit=100${status === undefined ? '' : `&status=${status}`}${before}`;
    const { items, next } = (await api.ask('GET', query)) as { readonly items: readonly unknown[]; readonly next?: string };
    count += items.length;
    if (next === undefined) return count;
    before = `&after=${encodeURIComponent(next)}`;
  }
}

test('each file of a folder starts its flow once, although the platform is killed meanwhile', { timeout: 600_000 }, async (t) => {
  const beganAt = performance.now();
  await api.publish(copyFlow('small', 'text'));
  const expected = Array.from({ length: FILES }, (_, number) => `检验 ${number}.csv`);
  for (const [index, name] of expected.entries()) writeFileSync(join(folder, 'small', name), `第 ${index} 份\n`);
  for (let kill = 1; kill <= KILLS; kill++) {
    const goal = Math.floor((FILES * kill) / (KILLS + 1));
    await eventually(async () => assert.ok(namesIn('small-done').length >= goal), SEEN_WITHIN_MS, 10);
    await pause(Math.random() * 100);
    await platform.end('SIGKILL');
    platform = await start();
  }
  await eventually(async () => assert.equal(namesIn('small-done').length, FILES), SEEN_WITHIN_MS);
  await eventually(async () => assert.equal(namesIn('small-out').filter((name) => !name.startsWith('.')).length, FILES), SEEN_WITHIN_MS);
  await api.close();
  api = await openPlatformApi(platform);
  await eventually(async () => assert.equal(await countExecutions('flw_small', 'completed'), FILES), SEEN_WITHIN_MS, 500);
  assert.equal(await countExecutions('flw_small'), FILES, 'no file started the flow twice');
  assert.deepEqual(namesIn('small-done').sort(), expected.sort());
  for (const name of expected) assert.match(readFileSync(join(folder, 'small-out', name), 'utf8'), /^第 \d+ 份\n$/);
  assert.deepEqual(
    namesIn('small').filter((name) => !name.startsWith('kq-claimed-')),
    [],
  );
  t.diagnostic(`${FILES} files, ${KILLS} kills, ${Math.round((performance.now() - beganAt) / 1000)} s`);
});

test(`a file of ${LARGE_MB} MB goes through a flow in bounded memory`, { timeout: 120_000 + LARGE_MB * 1000 }, async (t) => {
  await api.publish(copyFlow('large', 'blob'));
  // What the first file takes is no growth: modules, threads.
  await deliver(1, 'first.bin');
  const before = residentBytes();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, residentBytes())), 50);
  const beganAt = performance.now();
  await deliver(LARGE_MB, '影像.bin').finally(() => clearInterval(watch));
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
  const growth = peak - before;
  t.diagnostic(
    `${LARGE_MB} MB in ${seconds} s, growth of RSS ${Math.round(growth / 1_048_576)} MB from ${Math.round(before / 1_048_576)} MB`,
  );
  assert.ok(growth <= MAX_GROWTH_BYTES, `grew by ${growth} bytes`);
});

/** Lays a file into the folder, and waits until the flow has written the same to the other folder. */
async function deliver(megabytes: number, name: string): Promise<void> {
  const file = openSync(join(scratch, 'large.part'), 'w');
  const digest = createHash('sha256');
  for (let megabyte = 0; megabyte < megabytes; megabyte++) {
    const chunk = randomBytes(1_048_576);
    digest.update(chunk);
    writeSync(file, chunk);
  }
  closeSync(file);
  renameSync(join(scratch, 'large.part'), join(folder, 'large', name));
  await eventually(async () => assert.ok(namesIn('large-out').includes(name)), 60_000 + megabytes * 500, 100);
  const written = createHash('sha256');
  for await (const chunk of createReadStream(join(folder, 'large-out', name))) written.update(chunk as Uint8Array);
  assert.equal(written.digest('hex'), digest.digest('hex'));
}

function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${platform.process.pid}/status`, 'utf8'))![1]) * 1024;
}
