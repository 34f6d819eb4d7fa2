import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { checkFlow } from '../../../engine/flow/check-flow.ts';
import { isPublishable } from '../../../engine/flow/validate-flow.ts';
import type { ValidateDeps } from '../../../engine/flow/validate-deps.ts';
import { sampleFlow, sampleRegistry } from './sample-flow.ts';

const deps: ValidateDeps = {
  nodes: sampleRegistry(),
  adapters: { environment: 'PROD', protocolOf: () => 'http' },
  hasTable: () => true,
  checkExpression: (text) => {
    if (text.includes('((')) throw new AppError('EXPRESSION_INVALID', 'input', 'It does not end.');
  },
};
const told = (raw: unknown) => checkFlow(raw, deps).issues.map((issue) => `${issue.code} ${issue.path}`);

/** A copy with one place set to a value; `undefined` takes the place out. */
function changed(document: FlowDocument, path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  const steps = path.split('/').slice(1);
  const last = steps.pop()!;
  const parent = steps.reduce<Record<string, unknown>>((at, step) => at[step] as Record<string, unknown>, copy);
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}

/** Every place in a document, as JSON Pointers. */
function placesIn(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [`${path}/${name}`, ...placesIn(field, `${path}/${name}`)]);
}

/** One of everything, and nothing wrong. */
const sound = sampleFlow(
  {
    in: 'interface.call',
    which: 'control.condition',
    call: {
      type: 'http.call@1',
      config: { path: '/a', query: 'nodes.n_in.id' },
      adapter: 'adp_a',
      handling: { timeoutMs: 100, retry: { max: 2, baseMs: 1, factor: 2, capMs: 5, on: ['transient'] }, onError: 'port' },
    },
    failed: 'transform.set',
    each: 'control.for-each',
    item: 'transform.set',
    both: 'control.parallel',
    one: 'transform.set',
    two: 'transform.set',
    join: 'control.join',
    back: 'control.reply',
  },
  [
    'in > which',
    'which.yes > call',
    'call.error > failed',
    'failed.ok > back',
    'call.ok > each',
    'each.each > item',
    'each.done > back',
    'which.no > both',
    'both.a > one',
    'both.b > two',
    'one.ok > join',
    'two.ok > join',
    'join > back',
  ],
  {
    mode: 'durable',
    ingress: { dedupe: { key: 'data.id', windowSec: 30 * 86_400 }, lane: { key: 'data.lane' }, keys: { patient: 'data.patient' } },
    recording: { level: 'keys', retainDays: 90 },
    tests: [
      {
        name: 'a call',
        input: { data: 1 },
        mocks: { n_call: { emit: { ok: 1 } }, n_which: { emit: { yes: 1 } } },
        expect: [
          { path: '/a', exists: true },
          { node: 'n_call', path: '', equals: 1 },
        ],
      },
      { name: 'no call', input: { data: 2 }, mocks: {}, expect: [] },
    ],
    layout: { nodes: { n_in: [0, 0] }, groups: [], notes: [] },
  },
);

test('a document that breaks the schema is told every other problem too, each once with its path', () => {
  const { label: _none, ...withoutLabel } = sound.nodes[3]!;
  const edges = [...sound.edges, { id: 'e_lost', from: { node: 'n_one', port: 'ok' }, to: { node: 'n_gone', port: 'in' } }];
  const tests = [{ ...sound.tests[0]!, expect: [{ node: 'n_nobody', path: '' }, { path: 5 }] }];
  const nodes = sound.nodes.with(3, withoutLabel as never).with(7, { ...sound.nodes[7]!, type: 'transform.sett@1' });
  const issues = told({ ...sound, mode: 'x', nodes, edges, tests });
  assert.deepEqual(issues, [
    'FLOW_SCHEMA /nodes/3/label',
    'FLOW_SCHEMA /tests/0/expect/1/path',
    'FLOW_SCHEMA /mode',
    'FLOW_NODE_TYPE_UNKNOWN /nodes/7/type',
    'FLOW_EDGE_DANGLING /edges/13/to/node',
    'FLOW_TEST /tests/0/expect/0/node',
  ]);
});

test('a node without an id, or with one of another form, has its configuration checked, and its name shown', () => {
  const broken = { ...sound.nodes[2]!, config: { path: 'x', query: '((' }, adapter: undefined };
  const { id: _none, label: _noLabel, ...nameless } = broken;
  assert.deepEqual(told({ ...sound, nodes: sound.nodes.with(2, nameless as never) }), [
    'FLOW_SCHEMA /nodes/2/id',
    'FLOW_SCHEMA /nodes/2/label',
    'FLOW_CONFIG /nodes/2/config/path',
    'FLOW_EXPRESSION /nodes/2/config/query',
    'FLOW_ADAPTER_MISSING /nodes/2/adapter',
  ]);
  const named = changed(sound, '/nodes/2', { ...broken, id: 'call it' });
  assert.ok(told(named).includes('FLOW_CONFIG /nodes/2/config/path'));
});

test('a node whose id is taken is checked like every other', () => {
  const nodes = [...sound.nodes, { ...sound.nodes[2]!, config: { path: 'x' } }];
  assert.deepEqual(told({ ...sound, nodes }), ['FLOW_CONFIG /nodes/11/config/path', 'FLOW_ID_REPEATED /nodes/11/id']);
});

test('more names without a node than nodes without a name are told', () => {
  const edges = [...sound.edges, { id: 'e_lost', from: { node: 'n_one', port: 'ok' }, to: { node: 'n_gone', port: 'in' } }];
  const unnamed = changed({ ...sound, edges }, '/nodes/9/id', undefined);
  assert.ok(told(unnamed).includes('FLOW_EDGE_DANGLING /edges/13/to/node'));
});

test('one thing that is wrong brings no other problems with it', () => {
  assert.deepEqual(told(sound), []);
  for (const place of placesIn(sound)) {
    for (const value of [undefined, 7, '((']) {
      const { flow, issues } = checkFlow(changed(sound, place, value), deps);
      // What keeps to the schema is another flow, of which other things are true.
      if (flow !== undefined) continue;
      const others = issues.filter(({ code }) => code !== 'FLOW_SCHEMA').map(({ code, path }) => `${code} ${path}`);
      assert.deepEqual(others, [], `${place} = ${JSON.stringify(value)}`);
    }
  }
});

test('an edge that leads to nowhere, or a type that is not known, is told alone', () => {
  for (const index of sound.edges.keys()) {
    const to = changed(sound, `/edges/${index}/to/node`, 'n_gone');
    const from = changed(sound, `/edges/${index}/from/node`, 'n_gone');
    assert.deepEqual(told(to), [`FLOW_EDGE_DANGLING /edges/${index}/to/node`]);
    assert.deepEqual(told(from), [`FLOW_EDGE_DANGLING /edges/${index}/from/node`]);
  }
  for (const index of sound.nodes.keys()) {
    const expected = [`FLOW_NODE_TYPE_UNKNOWN /nodes/${index}/type`];
    assert.deepEqual(told(changed(sound, `/nodes/${index}/type`, 'nobody.knows@1')), expected);
  }
});

test('a port that is not there is told alone', () => {
  for (const index of sound.edges.keys()) {
    const expected = [`FLOW_PORT_UNKNOWN /edges/${index}/from/port`];
    assert.deepEqual(told(changed(sound, `/edges/${index}/from/port`, 'oot')), expected);
  }
});

test('a configuration that breaks its schema does not make its ports unknown', () => {
  assert.deepEqual(told(changed(sound, '/nodes/1/config', { branches: 5 })), ['FLOW_CONFIG /nodes/1/config/branches']);
});

test('every value of a record is checked, whatever its name', () => {
  const keys = (value: unknown) => changed(sound, '/ingress/keys', value);
  assert.deepEqual(told(keys({ '': null })), ['FLOW_SCHEMA /ingress/keys/']);
  assert.deepEqual(told(keys({ A: null })), ['FLOW_SCHEMA /ingress/keys/A']);
  assert.deepEqual(told(keys({ patientId: 'data.id', 'x\r\ny': 'data.id', 'a/b': '((' })), [
    'FLOW_EXPRESSION /ingress/keys/a~1b',
    'FLOW_KEY_NAME /ingress/keys/x\r\ny',
    'FLOW_KEY_NAME /ingress/keys/a~1b',
  ]);
  assert.deepEqual(told(changed(sound, '/layout/nodes', { 'x\ny': 'here' })), ['FLOW_SCHEMA /layout/nodes/x\ny']);
  assert.deepEqual(told(changed(sound, '/tests/0/input', { data: 1, headers: { 'a\nb': 5 } })), [
    'FLOW_SCHEMA /tests/0/input/headers/a\nb',
  ]);
});

test('a flow with a business key that is named otherwise is read, so that it can be mended', () => {
  const { flow, issues } = checkFlow(changed(sound, '/ingress/keys', { PatientId: 'data.id' }), deps);
  assert.deepEqual(flow?.ingress?.keys, { PatientId: 'data.id' });
  assert.equal(isPublishable(issues), false);
  assert.match(issues[0]!.message, /"PatientId"/);
  assert.match(errorText(issues[0]!, 'zh-CN').what, /PatientId/);
});

test('never throws, whatever stands in the document, and finds nothing to publish in it', () => {
  const places = placesIn(sound);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...places), fc.jsonValue()), { minLength: 1, maxLength: 4 }), (changes) => {
      const raw = changes.reduce<FlowDocument>((at, [path, value]) => {
        const exists = placesIn(at).includes(path);
        return exists ? (changed(at, path, value) as unknown as FlowDocument) : at;
      }, sound);
      const { flow, issues } = checkFlow(raw, deps);
      assert.equal(issues.length > 0 || flow !== undefined, true);
      if (flow === undefined) assert.equal(isPublishable(issues), false);
    }),
    { numRuns: 300 },
  );
});
