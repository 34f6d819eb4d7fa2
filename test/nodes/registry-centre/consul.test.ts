/** A real Consul: instances with checks, blocking queries, a restart. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFindInstances } from '../../../nodes/registry-centre/find-instances.ts';
import { probeRegistry } from '../../../nodes/registry-centre/probe.ts';
import { anyFile } from '../../../engine/testing/anywhere.ts';
import { prepareConsul, startConsul } from '../../servers/consul.ts';
import type { ServerProcess } from '../../servers/start-process.ts';
import { askingWith } from './registry.ts';

const skip = prepareConsul() ?? false;
let consul: ServerProcess;

before(async () => {
  if (skip === false) consul = await startConsul();
});
after(() => consul?.kill());

const put = async (path: string, body?: unknown) => {
  const answer = await fetch(`${consul.address}${path}`, { method: 'PUT', ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  assert.equal(answer.status, 200, await answer.text());
};
const register = (id: string, port: number, tags: readonly string[] = [], status = 'passing') =>
  put('/v1/agent/service/register', {
    ...{ ID: id, Name: 'lis', Address: '10.0.0.1', Port: port, Tags: tags, Weights: { Passing: 7, Warning: 1 } },
    Check: { CheckID: `check-${id}`, TTL: '600s', Status: status },
  });
const asking = (more = {}) => askingWith({ kind: 'consul', addresses: [consul.address] }, more);
const portsOf = (instances: readonly { readonly port: number }[]) => instances.map(({ port }) => port).sort();

test('passing instances are found with weight and tags, by tag too, and unhealthy ones on request', { skip }, async () => {
  await register('a', 8001, ['v1']);
  await register('b', 8002, ['v2']);
  await register('c', 8003, ['v1'], 'critical');
  const find = createFindInstances();
  const { instances } = await find({ service: 'lis' }, asking());
  assert.deepEqual(portsOf(instances), [8001, 8002]);
  assert.deepEqual(
    instances.find(({ port }) => port === 8001),
    { host: '10.0.0.1', port: 8001, weight: 7, tags: ['v1'] },
  );
  assert.deepEqual(portsOf((await find({ service: 'lis', tag: 'v1', withUnhealthy: true }, asking())).instances), [8001, 8003]);
  assert.deepEqual((await find({ service: 'nobody' }, asking())).instances, []);
});

test('a question with the cursor waits until the list changes, or the time is over', { skip }, async () => {
  const find = createFindInstances();
  const { cursor } = await find({ service: 'lis' }, asking());
  assert.ok(cursor);
  let isOver = false;
  const waiting = find({ service: 'lis' }, asking({ cursor, waitMs: 60_000 })).finally(() => (isOver = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(isOver, false);
  await put('/v1/agent/check/fail/check-b');
  assert.deepEqual(portsOf((await waiting).instances), [8001]);
  const now = await find({ service: 'lis' }, asking());
  const same = await find({ service: 'lis' }, asking({ cursor: now.cursor, waitMs: 1000 }));
  assert.deepEqual(portsOf(same.instances), [8001]);
});

test('the connection test passes, and fails once Consul is gone', { skip }, async () => {
  const probed = () => probeRegistry({ ...asking(), files: anyFile });
  assert.equal((await probed()).ok, true);
  await consul.kill();
  const { ok, steps } = await probed();
  assert.deepEqual([ok, steps.at(-1)!.error?.code], [false, 'REGISTRY_UNREACHABLE']);
  await consul.restart();
  assert.equal((await probed()).ok, true);
});
