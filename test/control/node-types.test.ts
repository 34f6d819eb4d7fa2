/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNodes } from '../../engine/registry/load-nodes.ts';
import type { NodePorts, NodeTypeList } from '../../control/flows/node-types.ts';
import { startControl } from './start-control.ts';

const nodes = await loadNodes([new URL('../../nodes', import.meta.url)]);

test('lists every node type with what palette, form and help need', async (t) => {
  const running = await startControl({ nodes });
  t.after(running.stop);
  const { status, body } = await running.admin.call('GET', '/node-types');
  const { items } = body as NodeTypeList;
  assert.equal(status, 200);
  assert.equal(items.length, nodes.list().length);
  const call = items.find(({ name }) => name === 'http.call@1');
  assert.ok(call);
  assert.deepEqual([call.adapter, call.canProbe, call.effect], ['http', true, 'depends-on-config']);
  assert.match(call.longHelp?.['zh-CN'] ?? '', /适配器/);
  assert.ok(items.find(({ name }) => name === 'mllp.listen@1')?.samples.length);
});

test('gives the ports of a configuration, and what can be told of a half-filled one', async (t) => {
  const running = await startControl({ nodes });
  t.after(running.stop);
  const portsOf = async (config: unknown, type = 'control.condition@1') => {
    const { status, body } = await running.admin.call('POST', '/node-types/ports', { type, config });
    assert.equal(status, 200);
    return (body as NodePorts).out.map(({ name, label }) => `${name}:${label['zh-CN']}`);
  };
  const branch = { port: 'vip', label: { 'zh-CN': '重点', en: 'VIP' }, when: {} };
  assert.deepEqual(await portsOf({ branches: [branch] }), ['vip:重点', 'else:其他']);
  assert.deepEqual(await portsOf({ branches: [branch, { port: 'second' }, {}, null, 7, branch] }), [
    'vip:重点',
    'second:second',
    'else:其他',
  ]);
  for (const config of [{}, null, [], 'x', { branches: 'none' }, { branches: { a: 1 } }])
    assert.deepEqual(await portsOf(config), ['else:其他']);
  assert.deepEqual(await portsOf({}, 'http.call@1'), ['ok:成功', 'error:错误']);
  assert.equal((await running.admin.call('POST', '/node-types/ports', { type: 'no.such@1', config: {} })).status, 404);
});

test('node types take the right to read flows', async (t) => {
  const running = await startControl({ nodes });
  t.after(running.stop);
  const auditor = await running.person('auditor', ['audit-admin']);
  assert.equal((await auditor.call('GET', '/node-types')).status, 403);
  assert.equal((await auditor.call('POST', '/node-types/ports', { type: 'http.call@1', config: {} })).status, 403);
});
