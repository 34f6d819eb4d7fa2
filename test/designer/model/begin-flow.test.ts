import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginWithSoap, beginWithStarter } from '../../../designer/src/model/commands/begin-flow.ts';
import { apply, begin, undo } from '../../../designer/src/model/history/flow-history.ts';
import { sampleOf } from '../../../designer/src/model/schema/schema-sample.ts';
import { STARTERS } from '../../../designer/src/model/commands/starters.ts';
import type { Offer } from '../../../engine/contract/node/node.ts';
import { emptyFlow, types } from './sample-types.ts';

const text = { type: 'string' };
const OFFER: Offer = {
  name: 'Register',
  about: '预约挂号',
  config: { version: '1.1', path: '', namespace: 'urn:b', operation: 'Register', action: 'urn:b:Register', qualified: false, arrays: [] },
  takes: { type: 'object', properties: { PatientId: text, 'Dept-Code': { type: 'string', enum: ['NK'] } }, required: ['PatientId'] },
  gives: { type: 'object', properties: { RegNo: text } },
};
const BEGINNING = { adapter: 'adp_b', offer: OFFER, language: 'zh-CN', hospital: '乙院', at: { x: 0, y: 0 } } as const;

test('a flow that begins with an operation of a hospital is filled in from end to end, with a test to try it', () => {
  const empty = emptyFlow();
  const plan = beginWithSoap(empty, types, BEGINNING);
  assert.ok('command' in plan);
  const history = apply(begin(empty), plan.command);
  const { nodes, edges, tests } = history.document;
  assert.deepEqual(
    nodes.map(({ type, label }) => `${type} ${label}`),
    [
      'interface.call@1 接口请求触发',
      'check.json-schema@1 数据校验',
      'transform.map@1 转为乙院格式',
      'soap.call@1 预约挂号',
      'transform.map@1 整理应答',
      'control.reply@1 回复',
    ],
  );
  const [call, check, there, soap, back] = nodes;
  assert.equal(edges.length, 5);
  assert.deepEqual(call?.config['schema'], OFFER.takes);
  assert.deepEqual(check?.config['schema'], { type: 'object', required: ['body'], properties: { body: OFFER.takes } });
  assert.deepEqual(there?.config['mapping'], {
    rules: [
      { to: 'PatientId', from: { path: 'data.body.PatientId' }, required: true },
      { to: '`Dept-Code`', from: { path: 'data.body.`Dept-Code`' } },
    ],
  });
  assert.deepEqual([soap?.adapter, soap?.config['operation'], soap?.config['faults']], ['adp_b', 'Register', 'error']);
  assert.deepEqual(back?.config['mapping'], { rules: [{ to: 'RegNo', from: { path: 'data.RegNo' } }] });
  assert.equal(tests.length, 1);
  assert.deepEqual(tests[0]?.input.data, { body: { PatientId: 'P000001', 'Dept-Code': 'NK' }, query: {}, params: {} });
  assert.deepEqual(Object.keys(tests[0].mocks), [soap?.id], 'the trial reaches no hospital');
  assert.deepEqual(undo(history).document, empty, 'one step takes all of it back');
});

test('a common flow that nobody waits for stores the message first and sends it on by POST', () => {
  for (const starter of STARTERS) {
    const empty = emptyFlow();
    const plan = beginWithStarter(empty, types, starter, 'zh-CN', { x: 0, y: 0 });
    assert.ok('command' in plan);
    const { mode, nodes } = apply(begin(empty), plan.command).document;
    const last = nodes.at(-1)!;
    const method = last.type.startsWith('http.call@') ? 'POST' : undefined;
    assert.deepEqual([mode, last.config['method']], [starter.pushes === true ? 'durable' : 'sync', method], starter.id);
  }
});

test('data to try with keeps to its schema', () => {
  assert.deepEqual(
    sampleOf({
      type: 'object',
      properties: {
        VisitDate: text,
        day: { type: 'string', format: 'date' },
        name: text,
        kind: { enum: ['AM', 'PM'] },
        count: { type: 'integer' },
        lines: { type: 'array', items: { type: 'object', properties: { ok: { type: 'boolean' } } } },
      },
    }),
    { VisitDate: '20260105', day: '2026-01-05', name: '测试甲', kind: 'AM', count: 1, lines: [{ ok: true }] },
  );
});
