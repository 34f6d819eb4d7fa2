import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsOf } from '../../control/access/permissions.ts';
import { ROLES } from '../../engine/contract/access/access.ts';
import { flow, startControl } from './start-control.ts';

const NAME = '欧阳璇玑';
const saved = {
  name: '一次真实的挂号',
  input: { data: { body: { name: NAME } } },
  mocks: { n_call: { emit: { ok: { name: NAME } } } },
  expect: [{ path: '/data/name', equals: NAME }],
};

test('shows the data of saved tests, which may be of a real message, only to who may see payloads', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const analyst = await running.person('analyst', ['analyst']);
  await analyst.call('PUT', '/flows/flw_a', flow('flw_a', { tests: [saved] }));
  await analyst.call('POST', '/flows/flw_a/publish', {});
  await analyst.call('PUT', '/flows/flw_a', flow('flw_a', { revision: 1, tests: [{ ...saved, name: '另一次' }] }));
  const reads = [
    ['GET', '/flows/flw_a'],
    ['GET', '/flows/flw_a/versions/1'],
    ['GET', '/flows/flw_a/diff?from=1&to=0'],
    ['POST', '/bundles/export'],
  ] as const;
  for (const roles of [['viewer'], ['system-admin'], ['security-admin']]) {
    const reader = await running.person(roles.join(), roles);
    for (const [method, path] of reads) {
      const answer = await reader.call(method, path, method === 'POST' ? {} : undefined);
      assert.equal(answer.status, 200, path);
      assert.equal(JSON.stringify(answer.body).includes(NAME), false, `${path} as ${roles.join()}`);
    }
    assert.match(JSON.stringify((await reader.call('GET', '/flows/flw_a')).body), /另一次/);
  }
  for (const [method, path] of reads)
    assert.match(JSON.stringify((await analyst.call(method, path, method === 'POST' ? {} : undefined)).body), new RegExp(NAME), path);
});

test('whoever may change a flow sees its tests whole, so that no save loses them', () => {
  for (const role of ROLES) {
    const permissions = permissionsOf([role]);
    assert.ok(!permissions.has('flows.edit') || permissions.has('executions.payload'), role);
  }
});
