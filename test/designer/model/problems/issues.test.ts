import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setConfig, setLabel } from '../../../../designer/src/model/commands/change-node.ts';
import { remove } from '../../../../designer/src/model/commands/remove.ts';
import { apply, begin, type Command } from '../../../../designer/src/model/history/flow-history.ts';
import { collectProblems, createProblemChecks } from '../../../../designer/src/model/problems/issues.ts';
import { withDefaults } from '../../../../designer/src/model/schema/schema-defaults.ts';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { validateFlow } from '../../../../engine/flow/validate-flow.ts';
import { Default } from 'typebox/value';
import { seededRandom } from '../../../support/simulated-process.ts';
import { randomCommand } from '../random-commands.ts';
import { emptyFlow, exampleFlow, exampleFlows, registry, types } from '../sample-types.ts';

const keys = (issues: readonly Issue[]) => issues.map(({ code, path, node }) => `${code} ${path} ${node ?? ''}`).sort();

function edited(document: FlowDocument, command: Command): FlowDocument {
  return apply(begin(document), command).document;
}

test('the sample flows have no problem here, as they have none on the server', () => {
  for (const flow of exampleFlows) assert.deepEqual(createProblemChecks(types).quick(flow), []);
});

test('what is told here is what the server tells, but for the checks of node types themselves', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seededRandom(seed);
    let history = begin(structuredClone(exampleFlows[seed % exampleFlows.length]!));
    for (let step = 0; step < 12; step += 1) {
      const next = randomCommand(history.document, random);
      if (next !== undefined) history = apply(history, next.command);
    }
    const server = validateFlow(history.document, { nodes: registry });
    const here = createProblemChecks(types).quick(history.document);
    const serverKeys = keys(server);
    for (const key of keys(here)) assert.ok(serverKeys.includes(key), `seed ${seed}: ${key}`);
    const hereKeys = keys(here);
    for (const issue of server) {
      const isOwnCheck =
        ['FLOW_CONFIG', 'MAPPING_EMPTY'].includes(issue.code) || issue.code === 'FLOW_RETRY_UNSAFE' || issue.code === 'FLOW_TEST';
      if (!isOwnCheck) assert.ok(hereKeys.includes(keys([issue])[0]!), `seed ${seed}: ${keys([issue])[0]}`);
    }
  }
});

test('defaults of a schema from the server are filled in as the engine fills them in', () => {
  for (const type of types.list) {
    const { config } = registry.get(type.name)!;
    assert.deepEqual(withDefaults(type.config, {}), Default(config, {}), type.name);
  }
  for (const node of exampleFlows.flatMap((flow) => flow.nodes)) {
    assert.deepEqual(types.fullConfig(node), Default(registry.get(node.type)!.config, structuredClone(node.config)), node.id);
  }
});

test('each problem has its place: node and field, wire, test or setting', () => {
  const flow = exampleFlow('appointment');
  const issue = (path: string, node?: string, severity: Issue['severity'] = 'error'): Issue => ({
    path,
    code: 'X',
    message: '',
    severity,
    ...(node === undefined ? {} : { node }),
  });
  const problems = collectProblems(
    [
      issue('/nodes/4/config/query/day', 'n_book_a', 'warning'),
      issue('/nodes/4/config/path', 'n_book_a'),
      issue('/nodes/1/label'),
      issue(`/edges/2`, 'n_where'),
      issue('/tests/0/mocks', 'n_book_a'),
      issue('/ingress/lane/key'),
    ],
    flow,
  );
  assert.deepEqual([problems.errors, problems.warnings, problems.all[0]?.issue.severity], [5, 1, 'error']);
  assert.equal(problems.ofNode('n_book_a').length, 3);
  assert.equal(problems.ofNode('n_check').length, 1);
  assert.equal(problems.ofField('n_book_a', '/config').length, 2);
  assert.equal(problems.ofField('n_book_a', '/config/query').length, 1);
  assert.equal(problems.ofField('n_book_a', '/config/que').length, 0);
  assert.equal(problems.ofEdge(flow.edges[2]!.id).length, 1);
  assert.deepEqual(problems.ofSettings('/ingress')[0]?.place, { kind: 'settings', field: '/ingress/lane/key' });
  assert.deepEqual(problems.ofSettings('/tests/0')[0]?.place, { kind: 'test', test: 0, field: '/mocks', node: 'n_book_a' });
});

test('after a change what only the server can tell stays for nodes left as they were, at their new positions', () => {
  const checks = createProblemChecks(types);
  const { document } = begin(exampleFlow('appointment'));
  const deep = (index: number, node: string): Issue => ({
    path: `/nodes/${index}/config`,
    code: 'FLOW_EXPRESSION',
    message: '',
    severity: 'error',
    node,
  });
  const told = { document, issues: [deep(1, 'n_check'), deep(4, 'n_book_a')] };
  assert.equal(checks.quick(document), checks.quick(document), 'one document is checked once');
  assert.equal(checks.current(document, told), told.issues);
  assert.equal(checks.current({ ...document, revision: 9 }, told), told.issues);

  const relabelled = edited(document, setLabel(document, 'n_check', '新'));
  assert.deepEqual(keys(checks.current(relabelled, told)), ['FLOW_EXPRESSION /nodes/4/config n_book_a']);

  const shorter = edited(document, remove(document, { nodes: ['n_unknown', 'n_check'] }));
  assert.ok(keys(checks.current(shorter, told)).includes('FLOW_EXPRESSION /nodes/3/config n_book_a'));

  const broken = edited(document, setConfig(document, types, 'n_reply', { status: 'x' }));
  assert.ok(keys(checks.current(broken, told)).some((key) => key.startsWith('FLOW_CONFIG /nodes/9/config/status n_reply')));
  assert.ok(keys(checks.current(emptyFlow(), undefined)).includes('FLOW_NO_TRIGGER /nodes '));
});

test('a large flow is prepared in small steps, after which checking costs little', () => {
  const checks = createProblemChecks(types);
  const flow = exampleFlow('appointment');
  for (let index = 0; index < 40; index += 1) flow.nodes.push({ ...structuredClone(flow.nodes[3]!), id: `n_more${index}` });
  let steps = 1;
  while (!checks.prepare(flow, 10)) steps += 1;
  assert.equal(steps, Math.ceil(flow.nodes.length / 10));
  assert.equal(checks.prepare(flow, 0), true);
});
