/** What the schema allows and no run could do: refused for drafts, with the real node types. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowDocument, FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import type { Issue } from '../../../engine/contract/values/errors.ts';
import { createBuildContext } from '../../../engine/expression/create-build-context.ts';
import { createInPlaceRunner } from '../../../engine/expression/browser.ts';
import { checkFlow } from '../../../engine/flow/check-flow.ts';
import { isPublishable } from '../../../engine/flow/validate-flow.ts';
import { loadNodes } from '../../../engine/registry/load-nodes.ts';
import { compileFlow } from '../../../engine/compile/compile-flow.ts';
import { sampleFlow } from './sample-flow.ts';

const nodes = await loadNodes([new URL('../../../nodes/', import.meta.url)]);
const build = createBuildContext({ pool: createInPlaceRunner() });

/** The one error of a flow. What is published already, which nothing checks, is made ready all the same. */
function errorOf(flow: FlowDocument): Issue {
  const errors = checkFlow(flow, { nodes }).issues.filter(({ severity }) => severity === 'error');
  assert.equal(errors.length, 1, JSON.stringify(errors));
  assert.ok(
    compileFlow({ flowId: flow.flowId, version: 1, contentHash: '', document: flow }, { getNode: (type) => nodes.get(type), build }),
  );
  const { what, fix, original } = errorText(errors[0]!, 'zh-CN');
  assert.deepEqual([/[\u4e00-\u9fff]/.test(what + (fix ?? '')), original], [true, undefined]);
  return errors[0]!;
}

const told = (flow: FlowDocument) => {
  const { code, path } = errorOf(flow);
  return `${code} ${path}`;
};
const warningsOf = (flow: FlowDocument) => {
  const { issues } = checkFlow(flow, { nodes });
  assert.ok(isPublishable(issues), JSON.stringify(issues));
  return issues.map(({ code, path }) => `${code} ${path}`);
};
const sound = (flow: FlowDocument) => assert.deepEqual(checkFlow(flow, { nodes }).issues, []);

const set = { type: 'transform.set@1', config: { fields: [{ to: 'data.a', from: { value: 1 } }] } };

const feed = (ingress: FlowDocument['ingress']) =>
  sampleFlow({ in: { type: 'mllp.listen@1', config: { keys: { patient: 'PID-3.1' } }, adapter: 'adp_a' }, set }, ['in > set'], {
    mode: 'durable',
    ...(ingress === undefined ? {} : { ingress }),
  });

test('a lane, dedupe key or business key that reads a key which the trigger does not read is refused', () => {
  sound(feed({ lane: { key: 'keys.patient' }, keys: { patient: 'keys.patient' } }));
  assert.equal(told(feed({ lane: { key: 'keys.pateint' } })), 'FLOW_KEY_UNKNOWN /ingress/lane/key');
  assert.match(errorOf(feed({ lane: { key: 'keys.pateint' } })).fix!, /keys\.patient/);
  assert.equal(told(feed({ dedupe: { key: '"x" & keys.`visit`', windowSec: 60 } })), 'FLOW_KEY_UNKNOWN /ingress/dedupe/key');
  assert.equal(told(feed({ keys: { visit: 'keys.visit' } })), 'FLOW_KEY_UNKNOWN /ingress/keys/visit');
  assert.equal(told(feed({ lane: { key: '`keys`.vist' } })), 'FLOW_KEY_UNKNOWN /ingress/lane/key');
  const others = [
    'data.keys.visit',
    'data. keys.visit',
    'data\n  .\n  keys.id',
    'data.list[keys.visit = 1].id',
    '"keys.visit"',
    '$keys(data)',
  ];
  const inNames = ['headers.`x-keys.visit`', 'keys.patient & headers.`message-keys.type`', 'data.id /* was keys.old */'];
  for (const key of [...others, ...inNames]) sound(feed({ lane: { key } }));
});

test('a lane in a sync flow is refused', () => {
  const flow = (mode: 'sync' | 'durable') =>
    sampleFlow({ in: 'interface.call', back: 'control.reply' }, ['in > back'], { mode, ingress: { lane: { key: 'data.id' } } });
  sound(flow('durable'));
  assert.equal(told(flow('sync')), 'FLOW_LANE_SYNC /ingress/lane');
});

const joining = (type: string, config: FlowNode['config']) =>
  sampleFlow(
    {
      in: 'interface.call',
      both: {
        type: 'control.parallel@1',
        config: { branches: ['branch1', 'branch2'].map((port) => ({ port, label: { 'zh-CN': port, en: port } })) },
      },
      one: set,
      two: set,
      join: { type, config },
      back: 'control.reply',
    },
    ['in > both', 'both.branch1 > one', 'both.branch2 > two', 'one.ok > join', 'two.ok > join', 'join > back'],
  );

test('a join that waits for more branches than lead to it, is refused; a name of one that does not lead to it is warned of', () => {
  for (const type of ['control.join@1', 'control.join@2']) {
    sound(joining(type, { mode: 'n-of', n: 2, names: { n_one: 'a', n_two: 'b' } }));
    assert.equal(told(joining(type, { mode: 'n-of', n: 3 })), 'FLOW_JOIN_TOO_FEW /nodes/4/config/n');
    for (const id of ['n_gone', 'n_both']) {
      const issues = warningsOf(joining(type, { mode: 'all', names: { [id]: 'a' } }));
      assert.deepEqual(issues, [`FLOW_JOIN_NAME /nodes/4/config/names/${id}`], 'a name that was left behind when an edge was removed');
    }
  }
});

test('a reply behind a reply is refused; two on branches of which one is taken are not', () => {
  const line = sampleFlow({ in: 'interface.call', first: 'control.reply', second: 'control.reply' }, ['in > first', 'first > second']);
  assert.equal(told(line), 'FLOW_REPLY_SECOND /nodes/2');
  const off = { ...line.nodes[2]!, disabled: true };
  sound({ ...line, nodes: line.nodes.with(2, off) });
  // What failed was answered already; what went well comes to the second one as its first.
  const failing = sampleFlow(
    {
      in: 'interface.call',
      ask: { type: 'http.call@1', config: { path: '/a' }, adapter: 'adp_a', handling: { onError: 'port' } },
      failed: 'control.reply',
      note: set,
      back: 'control.reply',
    },
    ['in > ask', 'ask.error > failed', 'failed > note', 'ask.ok > note', 'note.ok > back'],
  );
  assert.deepEqual(warningsOf(failing), ['FLOW_REPLY_SECOND /nodes/4']);
});

const asking = (config: FlowNode['config']) =>
  sampleFlow(
    { in: 'interface.call', ask: { type: 'http.call@1', config: { path: '/a', ...config }, adapter: 'adp_a' }, back: 'control.reply' },
    ['in > ask', 'ask.ok > back'],
  );

test('a range of expected status codes that ends before it begins is refused', () => {
  sound(asking({ expect: ['200-299', '404', '410-410'] }));
  assert.equal(told(asking({ expect: ['200', '299-200'] })), 'FLOW_CONFIG /nodes/1/config/expect/1');
});

test('a POST that only reads and is idempotent is refused', () => {
  sound(asking({ method: 'POST', reads: true }));
  sound(asking({ method: 'POST', idempotent: true }));
  assert.equal(told(asking({ method: 'POST', reads: true, idempotent: true })), 'FLOW_CONFIG /nodes/1/config/idempotent');
});

test('a header may have any name that HTTP allows', () => sound(asking({ headers: { app_id: 'a', 'X.Trace~1': 'b' } })));

test('a reply header with a line break in its name is refused by name', () => {
  const flow = sampleFlow({ in: 'interface.call', back: { type: 'control.reply@1', config: { headers: { 'x\r\ny': '1' } } } }, [
    'in > back',
  ]);
  assert.equal(told(flow), 'FLOW_CONFIG /nodes/1/config/headers/x\r\ny');
});
