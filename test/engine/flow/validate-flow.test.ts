import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { isPublishable, validateFlow } from '../../../engine/flow/validate-flow.ts';
import type { ValidateDeps } from '../../../engine/flow/validate-deps.ts';
import { sampleFlow, sampleRegistry } from './sample-flow.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const deps: ValidateDeps = {
  nodes: sampleRegistry(),
  adapters: {
    environment: 'PROD',
    protocolOf: (id) => (id === 'adp_none' ? undefined : id === 'adp_hl7' ? 'mllp' : 'http'),
  },
  checkExpression: (text) => {
    if (text.includes('((')) throw new AppError('EXPRESSION_INVALID', 'input', 'It does not end.');
  },
};
const codes = (flow: FlowDocument, given = deps) => validateFlow(flow, given).map((issue) => `${issue.code} ${issue.path}`);
const call = { type: 'http.call@1', config: { path: '/a' }, adapter: 'adp_a' };

test('finds nothing in a sound flow', () => {
  const flow = sampleFlow({ in: 'interface.call', call, failed: 'transform.set', back: 'control.reply' }, [
    'in > call',
    'call.ok > back',
    'call.error > failed',
    'failed.ok > back',
  ]);
  assert.deepEqual(codes(flow), []);
  assert.ok(isPublishable([]));
});

test('tells every problem at once, each with its path and what to do', () => {
  const flow = sampleFlow(
    {
      in: 'interface.call',
      call: { type: 'http.cal@1' },
      other: { type: 'http.call@1', config: { path: 'x', more: 1 }, adapter: 'adp_none' },
    },
    ['in.oot > call', 'other.ok > gone'],
  );
  const issues = validateFlow(flow, deps);
  const found = issues.map((issue) => `${issue.code} ${issue.path}`);
  for (const expected of [
    'FLOW_NODE_TYPE_UNKNOWN /nodes/1/type',
    'FLOW_CONFIG /nodes/2/config/more',
    'FLOW_ADAPTER_UNKNOWN /nodes/2/adapter',
    'FLOW_PORT_UNKNOWN /edges/0/from/port',
    'FLOW_EDGE_DANGLING /edges/1/to/node',
    'FLOW_NODE_UNREACHABLE /nodes/2',
  ]) {
    assert.ok(found.includes(expected), `${expected} in ${found.join('\n')}`);
  }
  assert.equal(issues.find((issue) => issue.code === 'FLOW_NODE_TYPE_UNKNOWN')?.fix, 'Did you mean http.call@1?');
  assert.equal(issues.find((issue) => issue.code === 'FLOW_PORT_UNKNOWN')?.fix, 'Did you mean out?');
  assert.equal(issues.at(-1)?.severity, 'warning', 'warnings come last');
});

test('an adapter that is not here is told with the environment in which it must have settings', () => {
  const flow = sampleFlow({ in: 'interface.call', call: { ...call, adapter: 'adp_none' } }, ['in > call']);
  const issue = validateFlow(flow, deps).find(({ code }) => code === 'FLOW_ADAPTER_UNKNOWN')!;
  for (const language of ['en', 'zh-CN'] as const) {
    const { what, fix } = errorText(issue, language);
    assert.match(what, /adp_none.*PROD/);
    assert.match(fix!, /PROD/);
  }
});

test('asks the node itself about its configuration, and the expressions whether they compile', () => {
  const wrong = { type: 'http.call@1', config: { path: 'x', query: '((' }, adapter: 'adp_hl7' };
  const flow = sampleFlow({ in: 'interface.call', wrong, back: 'control.reply' }, ['in > wrong', 'wrong.ok > back']);
  assert.deepEqual(codes(flow), [
    'FLOW_CONFIG /nodes/1/config/path',
    'FLOW_EXPRESSION /nodes/1/config/query',
    'FLOW_ADAPTER_PROTOCOL /nodes/1/adapter',
  ]);
});

test('tells when an expression reads a node that is not there', () => {
  const reads = (query: string) =>
    sampleFlow({ in: 'interface.call', call: { ...call, config: { path: '/a', query } }, back: 'control.reply' }, [
      'in > call',
      'call.ok > back',
    ]);
  assert.deepEqual(codes(reads('nodes.n_in.a & nodes.`n_in`.b')), []);
  assert.deepEqual(codes(reads('nodes.n_gone.a')), ['FLOW_EXPRESSION /nodes/1/config/query']);
});

test('tells when an expression reads a node that runs later, on another branch, or not before it', () => {
  const reading = (query: string) => ({ ...call, config: { path: '/a', query } });
  const problems = (flow: FlowDocument) =>
    validateFlow(flow, deps).flatMap(({ code, path, values }) =>
      code === 'FLOW_EXPRESSION' ? [`${String(values?.['problem'])} ${path} ${String(values?.['target'])}`] : [],
    );
  const inLine = (first: string, second: string) =>
    sampleFlow({ in: 'interface.call', first: reading(first), second: reading(second), back: 'control.reply' }, [
      'in > first',
      'first.ok > second',
      'second.ok > back',
    ]);
  assert.deepEqual(problems(inLine('nodes.n_in.a', 'nodes.n_first.a & nodes.n_in.b')), []);
  assert.deepEqual(problems(inLine('nodes.n_second.a', 'nodes.n_second.a')), [
    'node-later /nodes/1/config/query second',
    'node-itself /nodes/2/config/query undefined',
  ]);
  const nodes = { in: 'interface.call', fan: 'control.parallel', a: reading('nodes.n_b.x'), b: call, both: 'control.join' };
  const edges = ['in > fan', 'fan.a > a', 'fan.b > b', 'a.ok > both', 'b.ok > both'];
  const behind = { ...nodes, last: reading('nodes.n_a.x & nodes.n_b.x'), back: 'control.reply' };
  assert.deepEqual(problems(sampleFlow(behind, [...edges, 'both > last', 'last.ok > back'])), ['node-elsewhere /nodes/2/config/query b']);
  const loop = { in: 'interface.call', each: 'control.for-each', item: reading('nodes.n_in.x'), after: reading('nodes.n_item.x') };
  const looped = sampleFlow({ ...loop, back: 'control.reply' }, ['in > each', 'each.each > item', 'each.done > after', 'after.ok > back']);
  assert.deepEqual(problems(looped), ['node-elsewhere /nodes/3/config/query item']);
});

test('what runs when something fails may read whatever may have run before', () => {
  const flow = sampleFlow(
    {
      in: 'interface.call',
      call,
      back: 'control.reply',
      caught: 'control.catch',
      tell: { ...call, config: { path: '/a', query: 'nodes.n_call.a' } },
      sorry: 'control.reply',
    },
    ['in > call', 'call.ok > back', 'caught > tell', 'tell.ok > sorry'],
  );
  assert.deepEqual(codes(flow), []);
});

test('an expression of the ingress reads no node: none has run', () => {
  const flow = sampleFlow({ in: { type: 'mllp.listen@1', adapter: 'adp_hl7' }, set: 'transform.set' }, ['in > set'], {
    mode: 'durable',
    ingress: { lane: { key: 'nodes.n_in.patient' } },
  });
  assert.deepEqual(codes(flow), ['FLOW_EXPRESSION /ingress/lane/key']);
});

test('wants exactly one trigger, and durable mode for one that listens', () => {
  assert.ok(codes(sampleFlow({ back: 'control.reply' }, [])).includes('FLOW_NO_TRIGGER /nodes'));
  const two = sampleFlow({ in: 'interface.call', hl7: { type: 'mllp.listen@1', adapter: 'adp_hl7' }, back: 'control.reply' }, [
    'in > back',
    'hl7 > back',
  ]);
  const found = codes(two);
  assert.ok(found.includes('FLOW_TRIGGER_SECOND /nodes/1'));
  assert.ok(found.includes('TRIGGER_NEEDS_DURABLE /mode'));
  assert.deepEqual(
    codes(sampleFlow({ hl7: { type: 'mllp.listen@1', adapter: 'adp_hl7' }, set: 'transform.set' }, ['hl7 > set'], { mode: 'durable' })),
    [],
  );
});

test('a listener that sends replies may start a sync flow, if the flow has a reply', () => {
  assert.deepEqual(codes(sampleFlow({ ask: 'mllp.ask', back: 'control.reply' }, ['ask > back'])), []);
  assert.deepEqual(codes(sampleFlow({ ask: 'mllp.ask', set: 'transform.set' }, ['ask > set'])), ['FLOW_NO_REPLY /nodes']);
});

test('names the nodes of a cycle and not those behind it', () => {
  const flow = sampleFlow({ in: 'interface.call', a: 'transform.set', b: 'transform.set', back: 'control.reply' }, [
    'in > a',
    'a.ok > b',
    'b.ok > a',
    'b.error > back',
  ]);
  const found = validateFlow(flow, deps).find((issue) => issue.code === 'FLOW_CYCLE');
  assert.match(found?.message ?? '', /"a", "b"\./);
});

test('a sync flow needs a reply that can be reached', () => {
  assert.ok(codes(sampleFlow({ in: 'interface.call', back: 'control.reply' }, [])).includes('FLOW_NO_REPLY /nodes'));
  assert.deepEqual(
    codes(
      sampleFlow({ in: 'interface.call', caught: 'control.catch', back: 'control.reply', sorry: 'control.reply' }, [
        'in > back',
        'caught > sorry',
      ]),
    ),
    [],
  );
});

test('the body of a loop is entered by its port each only', () => {
  const nodes = { in: 'interface.call', loop: 'control.for-each', body: 'transform.set', back: 'control.reply' };
  assert.deepEqual(codes(sampleFlow(nodes, ['in > loop', 'loop.each > body', 'loop.done > back'])), []);
  const left = codes(sampleFlow(nodes, ['in > loop', 'loop.each > body', 'body.ok > back', 'loop.done > back']));
  assert.ok(left.includes('FLOW_LOOP_LEFT /nodes/3'), left.join());
  assert.ok(codes(sampleFlow(nodes, ['in > loop', 'loop.done > back'])).includes('FLOW_LOOP_EMPTY /nodes/1'));
});

test('paths of one condition may meet again, parallel paths only in a join', () => {
  const merge = (role: string, ports: readonly [string, string], to: string) =>
    codes(
      sampleFlow(
        { in: 'interface.call', fork: `control.${role}`, a: 'transform.set', b: 'transform.set', meet: to, back: 'control.reply' },
        [
          'in > fork',
          `fork.${ports[0]} > a`,
          `fork.${ports[1]} > b`,
          'a.ok > meet',
          'b.ok > meet',
          `meet.${to === 'control.join' ? 'out' : 'ok'} > back`,
        ],
      ),
    );
  assert.deepEqual(merge('condition', ['yes', 'no'], 'transform.set'), []);
  assert.deepEqual(merge('parallel', ['a', 'b'], 'transform.set'), ['FLOW_MERGE_NOT_EXCLUSIVE /edges/4']);
  assert.deepEqual(merge('parallel', ['a', 'b'], 'control.join'), []);
  assert.deepEqual(merge('condition', ['yes', 'yes'], 'transform.set'), ['FLOW_MERGE_NOT_EXCLUSIVE /edges/4']);
});

test('a merge that its proof accepts never gets two messages, whatever conditions and errors decide', () => {
  fc.assert(
    fc.property(randomDag(), fc.infiniteStream(fc.boolean()), (flow, choices) => {
      const refused = new Set(validateFlow(flow, deps).flatMap((issue) => (issue.code === 'FLOW_MERGE_NOT_EXCLUSIVE' ? [issue.node] : [])));
      if (refused.size > 0) return;
      const arrivals = new Map<string, number>([['n_in', 1]]);
      for (const node of flow.nodes) {
        if ((arrivals.get(node.id) ?? 0) === 0) continue;
        assert.ok(node.type === 'control.join@1' || arrivals.get(node.id) === 1, node.id);
        const first = choices.next().value as boolean;
        const isTaken = (port: string) =>
          node.type === 'control.condition@1'
            ? port === (first ? 'yes' : 'no')
            : node.type === 'transform.set@1'
              ? port === (first ? 'ok' : 'error')
              : true;
        for (const edge of flow.edges) {
          if (edge.from.node === node.id && isTaken(edge.from.port)) arrivals.set(edge.to.node, (arrivals.get(edge.to.node) ?? 0) + 1);
        }
      }
    }),
    { numRuns: 400 },
  );
});

test('an error port that is promised must be connected', () => {
  const flow = sampleFlow({ in: 'interface.call', call: { ...call, handling: { onError: 'port' } }, back: 'control.reply' }, [
    'in > call',
    'call.ok > back',
  ]);
  assert.deepEqual(codes(flow), ['FLOW_ERROR_PORT_OPEN /nodes/1/handling/onError']);
});

test('executions are kept at least as long as a repeated message is recognised', () => {
  const rest = { ingress: { dedupe: { key: 'keys.id', windowSec: 864_000 } }, recording: { level: 'full' as const, retainDays: 9 } };
  assert.deepEqual(codes(sampleFlow({ in: 'interface.call', back: 'control.reply' }, ['in > back'], rest)), [
    'FLOW_RETENTION_TOO_SHORT /recording/retainDays',
  ]);
});

test('warns when retries cannot fit into the deadline', () => {
  const handling = { timeoutMs: 2000, retry: { max: 2, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };
  const flow = sampleFlow({ in: 'interface.call', call: { ...call, handling }, back: 'control.reply' }, ['in > call', 'call.ok > back']);
  assert.deepEqual(codes(flow), ['FLOW_DEADLINE_SHORT /nodes/1/handling/timeoutMs']);
});

test('a saved test mocks what it surely reaches outside, and names nodes and ports that exist', () => {
  const saved = (mocks: FlowDocument['tests'][number]['mocks']) =>
    codes(
      sampleFlow({ in: 'interface.call', call, back: 'control.reply' }, ['in > call', 'call.ok > back'], {
        tests: [{ name: 't', input: { data: 1 }, mocks, expect: [] }],
      }),
    );
  assert.deepEqual(saved({ n_call: { emit: { ok: {} } } }), []);
  assert.deepEqual(saved({}), ['FLOW_TEST /tests/0/mocks']);
  assert.deepEqual(saved({ n_call: { emit: { fine: {} } }, n_x: { emit: {} } }), [
    'FLOW_TEST /tests/0/mocks/n_x',
    'FLOW_TEST /tests/0/mocks/n_call/emit/fine',
  ]);
});

test('a disabled node need not be configured yet', () => {
  const flow = sampleFlow({ in: 'interface.call', call: { type: 'http.call@1', disabled: true }, back: 'control.reply' }, [
    'in > call',
    'call.ok > back',
  ]);
  assert.deepEqual(codes(flow), []);
});

test('the largest merge that is allowed is judged quickly', async () => {
  const names = Array.from({ length: 900 }, (_, index) => `s${index}`);
  const nodes = Object.fromEntries([
    ['in', 'interface.call'],
    ...names.map((name) => [name, 'control.condition']),
    ['back', 'control.reply'],
  ]) as Record<string, string>;
  const edges = ['in > s0', ...names.flatMap((name, index) => [`${name}.yes > ${names[index + 1] ?? 'back'}`, `${name}.no > back`])];
  const [ms, found] = await cpuMsOf(() => codes(sampleFlow(nodes, edges)));
  assert.ok(ms < 5000, `${ms} ms`);
  assert.ok(found.length <= 1);
});

/** Nodes in topological order, edges forward only. */
function randomDag(): fc.Arbitrary<FlowDocument> {
  const types = ['control.condition', 'control.parallel', 'control.join', 'transform.set'];
  const ports: Readonly<Record<string, readonly string[]>> = {
    'interface.call': ['out'],
    'control.condition': ['yes', 'no'],
    'control.parallel': ['a', 'b'],
    'control.join': ['out'],
    'transform.set': ['ok', 'error'],
  };
  return fc.array(fc.constantFrom(...types), { minLength: 2, maxLength: 9 }).chain((chosen) => {
    const all = ['interface.call', ...chosen];
    const possible = all.flatMap((type, from) =>
      ports[type]!.flatMap((port) =>
        all.slice(from + 1).map((_, offset) => `${from === 0 ? 'in' : `x${from}`}.${port} > x${from + 1 + offset}`),
      ),
    );
    return fc
      .subarray(possible, { maxLength: Math.min(14, possible.length) })
      .map((edges) => sampleFlow(Object.fromEntries(all.map((type, index) => [index === 0 ? 'in' : `x${index}`, type])), edges));
  });
}
