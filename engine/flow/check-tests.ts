import type { ErrorValues, Issue } from '../contract/values/errors.ts';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import { errorPort } from '../contract/node/node.ts';
import { effectOf } from './check-nodes.ts';
import { labelOf, nameOf } from './node-issue.ts';
import { roleAt, startsOf, type GraphView, type NodeView } from './graph-view.ts';

/**
 * Checks the saved tests. They must name existing nodes and ports. They must mock every node that they certainly reach
 * and that reads or changes another system.
 */
export function checkTests(view: GraphView): Issue[] {
  return view.document.tests.flatMap((test, index) => [...checkNames(view, test, index), ...checkMocked(view, test, index)]);
}

function checkNames(view: GraphView, test: FlowTest, index: number): Issue[] {
  const unknownNodes = [
    ...Object.keys(test.mocks).map((id) => ({ id, path: `/tests/${index}/mocks/${id}` })),
    ...test.expect.flatMap(({ node }, at) => (node === undefined ? [] : [{ id: node, path: `/tests/${index}/expect/${at}/node` }])),
  ].filter(({ id }) => !view.nodes.has(id));
  const unknownPorts = Object.entries(test.mocks).flatMap(([id, mock]) => {
    const item = view.nodes.get(id);
    if (item?.outPorts === undefined || !('emit' in mock)) return [];
    const ports = item.outPorts.map((port) => port.name);
    return Object.keys(mock.emit)
      .filter((port) => !ports.includes(port))
      .map((port) =>
        testIssue(
          `/tests/${index}/mocks/${id}/emit/${port}`,
          `In the test "${test.name}" ${nameOf(item)} has no port "${port}".`,
          `Use one of: ${ports.join(', ')}.`,
          { problem: 'port-unknown', test: test.name, node: labelOf(item), port, ports: ports.join('、') },
        ),
      );
  });
  return [
    ...unknownNodes.map(({ id, path }) =>
      testIssue(path, `The test "${test.name}" names the node ${id}, which is not in this flow.`, 'Remove it, or correct the id.', {
        problem: 'node-unknown',
        test: test.name,
        missing: id,
      }),
    ),
    ...unknownPorts,
  ];
}

function checkMocked(view: GraphView, test: FlowTest, index: number): Issue[] {
  return [...certainlyReached(view, test)].flatMap((id) => {
    const item = view.nodes.get(id)!;
    if (effectOf(item, item.definition) === 'pure' || Object.hasOwn(test.mocks, id)) return [];
    const message = `The test "${test.name}" reaches ${nameOf(item)}, which would call another system.`;
    const values = { problem: 'not-mocked', test: test.name, node: labelOf(item) };
    return [{ ...testIssue(`/tests/${index}/mocks`, message, `Add a mock for ${id}.`, values), node: id }];
  });
}

/** Roles whose output port is not known in advance. */
const CHOOSES: ReadonlySet<NodeView['role']> = new Set(['route', 'for-each', 'unknown']);

/**
 * Returns the nodes that run in this test whatever the conditions decide. Only running the test shows what a condition
 * decides.
 */
function certainlyReached(view: GraphView, test: FlowTest): Set<string> {
  const starts = startsOf(view).filter((id) => roleAt(view, id) === 'trigger');
  const seen = new Set(starts);
  const queue = [...starts];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const { role, outs } = view.nodes.get(id)!;
    const mock = Object.hasOwn(test.mocks, id) ? test.mocks[id] : undefined;
    for (const edge of outs) {
      const isTaken = mock === undefined ? !CHOOSES.has(role) && edge.from.port !== errorPort.name : isEmitted(mock, edge.from.port);
      if (!isTaken || seen.has(edge.to.node) || !view.nodes.has(edge.to.node)) continue;
      seen.add(edge.to.node);
      queue.push(edge.to.node);
    }
  }
  return seen;
}

function isEmitted(mock: FlowTest['mocks'][string], port: string): boolean {
  return 'emit' in mock ? Object.hasOwn(mock.emit, port) : port === errorPort.name;
}

function testIssue(path: string, message: string, fix: string, values: ErrorValues): Issue {
  return { path, code: 'FLOW_TEST', severity: 'error', message, fix, values };
}
