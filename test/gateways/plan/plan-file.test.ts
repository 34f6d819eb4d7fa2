import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { createGateway } from '../../../gateways/fronts/create-gateway.ts';
import { loadNodeKey } from '../../../engine/seal/load-node-key.ts';
import { createNodeSeal, type NodeSeal } from '../../../gateways/plan/create-node-seal.ts';
import { createPlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { keepPlanFile } from '../../../gateways/plan/keep-plan-file.ts';
import { openPlanFile } from '../../../gateways/plan/open-plan-file.ts';
import { PLAN_MAX_AGE_MS, readPlanFile, writePlanFile } from '../../../gateways/plan/plan-file.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest, type TestKey } from '../support/city-plan.ts';
import { eventually } from '../../conformance/eventually.ts';
import { callSigned, echo, memoryState } from '../support/start-gateway.ts';
import { memoryQuotas } from '../support/memory-quotas.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';

let folder: string;
let path: string;
let seal: NodeSeal;
let key: TestKey;
let plan: GatewayPlan;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kq-plan-'));
  path = join(folder, 'plan.json');
  seal = createNodeSeal(await loadNodeKey(join(folder, 'node.key')));
  key = await createTestKey('HMAC-SM3', 'app');
  plan = await buildPlan([key], [buildInterface()], { number: 5 });
});
after(() => rm(folder, { recursive: true, force: true }));

const now = 1_800_000_000_000;
const read = (fields: Partial<Parameters<typeof readPlanFile>[0]> = {}) => readPlanFile({ path, seal, crypto, now, ...fields });

test('gives back the plan that was written, readable by its owner alone and by nobody without the node key', async () => {
  await writePlanFile(plan, now, { path, seal, crypto });
  assert.deepEqual(await read(), plan);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const text = await readFile(path, 'utf8');
  for (const secret of [key.document.secret!, plan.platformKey.privatePem!.slice(40, 80)]) assert.ok(!text.includes(secret));
  await assert.rejects(read({ seal: createNodeSeal(new Uint8Array(32)) }), { code: 'PLAN_FILE_DAMAGED' });
});

test('keeps the node key from one start to the next', async () => {
  assert.deepEqual(await loadNodeKey(join(folder, 'node.key')), await loadNodeKey(join(folder, 'node.key')));
});

test('gateways that start at the same time get the same key', async () => {
  for (let round = 0; round < 50; round++) {
    const shared = join(folder, `shared-${round}.key`);
    const keys: Promise<Uint8Array>[] = [];
    // Each looks while another one may be making the key.
    for (let start = 0; start < 20; start++) {
      keys.push(loadNodeKey(shared));
      await nextTurn();
    }
    const [first, ...others] = await Promise.all(keys);
    for (const key of others) assert.deepEqual(key, first);
  }
  assert.equal((await readdir(folder)).filter((name) => name.startsWith('shared-')).length, 50);
});

test('takes a node key from a mount of secrets as it is, and keeps one from everybody else', async () => {
  const mounted = join(folder, 'mounted.key');
  await writeFile(mounted, `${'ab'.repeat(32)}\n`, { mode: 0o440 });
  assert.equal(Buffer.from(await loadNodeKey(mounted)).toString('hex'), 'ab'.repeat(32));
  assert.equal((await stat(mounted)).mode & 0o777, 0o440);
  const open = join(folder, 'open.key');
  await writeFile(open, 'cd'.repeat(32));
  await chmod(open, 0o644);
  await loadNodeKey(open);
  assert.equal((await stat(open)).mode & 0o777, 0o600);
});

test('refuses a file that is missing, changed anywhere, signed by another platform, or a day old', async () => {
  await writePlanFile(plan, now, { path, seal, crypto });
  const text = await readFile(path, 'utf8');
  await assert.rejects(read({ path: join(folder, 'none') }), { code: 'PLAN_FILE_MISSING' });
  for (const changed of [
    text.slice(0, -9),
    text.replace('"number":5', '"number":6'),
    text.replace(`"writtenAt":${now}`, `"writtenAt":${now + 1}`),
    text.replace('"sealed":"', '"sealed":"A'),
    '',
  ]) {
    await writeFile(path, changed);
    await assert.rejects(read(), { code: 'PLAN_FILE_DAMAGED' });
  }
  await writeFile(path, text);
  const other = (await crypto.generateKey('SM2-SM3')) as { publicPem: string };
  await assert.rejects(read({ trustedPem: other.publicPem }), { code: 'PLAN_FILE_DAMAGED' });
  await assert.rejects(read({ now: now + PLAN_MAX_AGE_MS + 1 }), { code: 'PLAN_FILE_OLD' });
  assert.equal((await read({ now: now + PLAN_MAX_AGE_MS + 1, force: true })).number, 5);
});

test('a gateway starts from the file alone, follows it, ignores an older or damaged one, and serves with control gone', async () => {
  const feed = createPlanFeed();
  const clock = wallClock();
  const keeper = keepPlanFile(feed, { path, seal, crypto, clock, log: silentLogger });
  feed.publish(plan);
  await keeper.settled();
  await keeper.close();

  const refused: string[] = [];
  const log = { ...silentLogger, error: (event: string) => void refused.push(event) };
  const source = await openPlanFile({ path, seal, crypto, clock, log });
  const runFlow = { mode: () => 'sync' as const, call: (call: Parameters<typeof echo>[0]) => Promise.resolve(echo(call)) };
  const gateway = await createGateway({
    outbound: anywhere,
    ...{
      front: 'open',
      planSource: source,
      runFlow,
      crypto,
      shared: memoryState(),
      quotas: memoryQuotas(),
      seal,
      clock,
      logger: silentLogger,
      metrics: silentMetrics,
    },
    ...{ settings: { host: '127.0.0.1', port: 0, trustedProxies: [] }, logFolder: join(folder, 'log') },
  });
  try {
    assert.equal((await callSigned(gateway, await signRequest(key))).status, 200);
    await writePlanFile({ ...plan, number: 4, interfaces: [] }, clock.now(), { path, seal, crypto });
    await writePlanFile({ ...plan, number: 7 }, clock.now(), { path, seal, crypto });
    await eventually(() => gateway.applied() === 7);
    await writeFile(path, 'rubbish');
    await eventually(() => refused.includes('gateway.plan-file-refused'));
    assert.equal((await callSigned(gateway, await signRequest(key))).status, 200);
    assert.equal(gateway.applied(), 7);
  } finally {
    source.close();
    await gateway.stop();
  }
});
