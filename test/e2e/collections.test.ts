// @never-rerun: a single failure is a failure.
/**
 * Files start one flow, which adds each to a collection; another flow writes a file for each complete group. The platform
 * is killed at random moments meanwhile. `KQ_TEST_ITEMS` and `KQ_TEST_KILLS` say how many items and kills.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { saveFolderAdapter } from '../support/folder-adapter.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform, type PlatformPorts } from '../support/platform-process.ts';

const ITEMS = Number(process.env['KQ_TEST_ITEMS'] ?? 150);
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 2);
const WITHIN_MS = 90_000 + ITEMS * 200;
const ADAPTER = 'adp_folder';
const HOSPITALS = ['A', 'B', 'C'];

let scratch: string;
let folder: string;
let ports: PlatformPorts;
let platform: Platform;
let api: PlatformApi;

before(async () => {
  scratch = await makeScratch();
  folder = join(scratch, 'files');
  for (const name of ['in', 'groups']) mkdirSync(join(folder, name), { recursive: true });
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

const on: ('transient' | 'unknown-outcome')[] = ['transient', 'unknown-outcome'];
const handling = { retry: { max: 100, baseMs: 20, factor: 1.5, capMs: 500, on } };

function flow(flowId: string, trigger: Partial<FlowNode>, action: Omit<FlowNode, 'id' | 'label'>): FlowDocument {
  const chain = chainFlow(flowId, [{ ...action, handling }], { mode: 'durable', deadlineMs: 3_600_000 });
  const [first, ...rest] = chain.nodes;
  return { ...chain, nodes: [{ ...first!, ...trigger } as FlowNode, ...rest] };
}

const addFiles = flow(
  'flw_add',
  {
    type: 'file.poll@1',
    adapter: ADAPTER,
    config: { folder: 'in', stableSec: 1, everySec: 1, doneFolder: 'done', failedFolder: 'failed' },
  },
  {
    type: 'collection.add@1',
    config: { collection: 'reports', key: { expression: '$split(headers."file-name", "-")[0]' }, value: { path: 'headers.file-name' } },
  },
);
const writeGroups = flow(
  'flw_write',
  { type: 'collection.receive@1', config: { collection: 'reports', maxItems: 10, maxWaitSec: 3 } },
  { type: 'file.write@1', adapter: ADAPTER, config: { path: 'groups/{data.items.0}.json', ifExists: 'refuse' } },
);

interface Group {
  readonly key: string;
  readonly count: number;
  readonly reason: string;
  readonly items: readonly string[];
}

function groups(): readonly Group[] {
  const names = readdirSync(join(folder, 'groups')).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  return names.map((name) => JSON.parse(readFileSync(join(folder, 'groups', name), 'utf8')) as Group);
}

test('each item is in one group, although the platform is killed meanwhile', { timeout: 600_000 }, async (t) => {
  for (const document of [addFiles, writeGroups]) await api.publish(document);
  const expected = Array.from(
    { length: ITEMS },
    (_, number) => `${HOSPITALS[number % HOSPITALS.length]}-${String(number).padStart(5, '0')}.txt`,
  );
  for (const name of expected) writeFileSync(join(folder, 'in', name), name);
  const done = () => (existsSync(join(folder, 'done')) ? readdirSync(join(folder, 'done')).length : 0);
  for (let kill = 1; kill <= KILLS; kill++) {
    await eventually(async () => assert.ok(done() >= Math.floor((ITEMS * kill) / (KILLS + 1))), WITHIN_MS, 10);
    await pause(Math.random() * 100);
    await platform.end('SIGKILL');
    platform = await start();
  }
  await eventually(async () => assert.ok(groups().flatMap(({ items }) => items).length >= ITEMS), WITHIN_MS, 100);
  const found = groups();
  assert.deepEqual(found.flatMap(({ items }) => items).toSorted(), expected.toSorted(), 'none is missing, none is there twice');
  for (const { key, items, count } of found) {
    assert.ok(items.length <= 10 && count === items.length);
    assert.ok(items.every((item) => item.startsWith(`${key}-`)));
  }
  t.diagnostic(`${ITEMS} items, ${KILLS} kills, ${found.length} groups`);
});
