import type { ErrorValues, Issue } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { shownName } from '../contract/values/named-values.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import { labelOf, nameOf, nodeIssue } from './node-issue.ts';
import { checkExclusiveMerges } from './check-exclusive.ts';
import { nearestName } from './nearest-name.ts';
import { hasOpenEnd, isConnected, reachable, roleAt, startsOf, type GraphView, type NodeView } from './graph-view.ts';

/**
 * Checks the structure: ids, edges and ports, one trigger, no cycle, closed loops, exclusive merges, and a reply if a
 * caller waits for one.
 */
export function checkGraph(view: GraphView): Issue[] {
  return [
    ...checkIds(view),
    ...checkEdges(view),
    ...checkTrigger(view),
    ...(view.order === undefined ? [cycle(view)] : [...checkLoops(view), ...checkExclusiveMerges(view)]),
    ...checkReachable(view),
    ...checkSecondReplies(view),
    ...checkJoins(view),
  ];
}

function checkIds(view: GraphView): Issue[] {
  const { nodes, edges } = view.document;
  return [
    ...repeated(nodes.map((node) => node.id)).map(({ id, index }) =>
      issue(`/nodes/${index}/id`, 'FLOW_ID_REPEATED', `Two nodes have the id ${id}.`, 'Give one a new id.', { problem: 'nodes', id }),
    ),
    ...repeated(edges.map((edge) => edge.id)).map(({ id, index }) =>
      issue(`/edges/${index}/id`, 'FLOW_ID_REPEATED', `Two edges have the id ${id}.`, 'Give one a new id.', { problem: 'edges', id }),
    ),
  ];
}

function checkEdges(view: GraphView): Issue[] {
  const seen = new Set<string>();
  return view.document.edges.flatMap((edge, index) => {
    const ends = (['from', 'to'] as const).flatMap((end) => checkEnd(view, edge[end], `/edges/${index}/${end}`, end));
    const name = JSON.stringify([edge.from, edge.to]);
    if (seen.has(name))
      ends.push(issue(`/edges/${index}`, 'FLOW_EDGE_REPEATED', 'The same two ports are connected twice.', 'Remove one of the edges.'));
    seen.add(name);
    return ends;
  });
}

function checkEnd(view: GraphView, at: { readonly node: string; readonly port: string }, path: string, end: 'from' | 'to'): Issue[] {
  const item = view.nodes.get(at.node);
  if (item === undefined) {
    return [
      issue(
        `${path}/node`,
        'FLOW_EDGE_DANGLING',
        `The edge ${end === 'from' ? 'comes from' : 'leads to'} the node ${at.node}, which does not exist.`,
        'Remove the edge.',
        { problem: end, missing: at.node },
      ),
    ];
  }
  if (item.definition === undefined) return [];
  const ports = (end === 'from' ? item.outPorts : item.definition.ports.in)?.map((port) => port.name);
  if (ports === undefined || ports.includes(at.port)) return [];
  const side = end === 'from' ? 'output' : 'input';
  const nearest = nearestName(at.port, ports);
  const fix =
    ports.length === 0 ? 'Remove the edge.' : nearest === undefined ? `Use one of: ${ports.join(', ')}.` : `Did you mean ${nearest}?`;
  const values = {
    node: labelOf(item),
    side,
    port: at.port,
    ...(ports.length === 0 ? {} : nearest === undefined ? { ports: ports.join('、') } : { nearest }),
  };
  return [
    { ...issue(`${path}/port`, 'FLOW_PORT_UNKNOWN', `${nameOf(item)} has no ${side} port "${at.port}".`, fix, values), node: item.node.id },
  ];
}

function checkTrigger(view: GraphView): Issue[] {
  const triggers = [...view.nodes.values()].filter((item) => item.role === 'trigger');
  const hasUnknown = [...view.nodes.values()].some((item) => item.role === 'unknown');
  if (triggers.length === 0) {
    return hasUnknown ? [] : [issue('/nodes', 'FLOW_NO_TRIGGER', 'The flow has no trigger, so it can never start.', 'Add a trigger.')];
  }
  return triggers
    .slice(1)
    .map((item) =>
      nodeIssue(item, '', 'FLOW_TRIGGER_SECOND', `${nameOf(item)} is a second trigger; a flow has one.`, 'Move it to a separate flow.'),
    )
    .concat(triggers.flatMap((item) => listeningNeedsDurable(view, item)));
}

/**
 * Checks that a flow with a listener is durable. A listener must acknowledge a message before the work is done, so the
 * message must be stored first. A listener that can reply may wait for the reply of a sync flow instead.
 */
function listeningNeedsDurable(view: GraphView, item: NodeView): Issue[] {
  if (view.document.mode === 'durable' || item.definition?.kind !== 'trigger' || item.definition.listen === undefined) return [];
  if (item.definition.canReply) return [];
  const message = `${nameOf(item)} receives messages that must not be lost, so the flow must store them first.`;
  const values = { node: labelOf(item) };
  return [{ ...issue('/mode', 'TRIGGER_NEEDS_DURABLE', message, 'Set the mode to "durable".', values), node: item.node.id }];
}

function cycle(view: GraphView): Issue {
  const onCycle = view.cyclic.filter((id) =>
    reachable(
      view,
      (view.edgesFrom.get(id) ?? []).map((edge) => edge.to.node),
    ).has(id),
  );
  const shown = onCycle.slice(0, 10).map((id) => view.nodes.get(id)?.node.label || id);
  const first = onCycle.find((id) => view.nodes.has(id));
  const names = shown.map((label) => `"${label}"`);
  const told = `${shown.map((label) => `“${label}”`).join('、')}${onCycle.length > names.length ? '…' : ''}`;
  const message = `These nodes form a loop: ${names.join(', ')}${onCycle.length > names.length ? ' …' : ''}.`;
  return {
    ...issue('/edges', 'FLOW_CYCLE', message, 'Remove an edge; to repeat work, use a for-each node.', { nodes: told }),
    ...(first === undefined ? {} : { node: first }),
  };
}

/**
 * Checks the loops. The body of a loop consists of the nodes after its port `each`. Results leave by `done`, and no
 * other path may enter the body.
 */
function checkLoops(view: GraphView): Issue[] {
  return [...view.nodes.values()].filter((item) => item.role === 'for-each').flatMap((loop) => checkLoop(view, loop));
}

function checkLoop(view: GraphView, loop: NodeView): Issue[] {
  const each = loop.outs.filter((edge) => edge.from.port === 'each');
  if (!isConnected(view, loop, 'each'))
    return [
      nodeIssue(
        loop,
        '',
        'FLOW_LOOP_EMPTY',
        `Nothing is connected to the port "each" of ${nameOf(loop)}.`,
        'Connect the nodes that process each item.',
      ),
    ];
  const body = reachable(
    view,
    each.map((edge) => edge.to.node),
  );
  return [...body].flatMap((id) => {
    const item = view.nodes.get(id);
    if (item === undefined) return [];
    const outside = item.ins.find((edge) => view.nodes.has(edge.from.node) && !body.has(edge.from.node) && !each.includes(edge));
    const issues: Issue[] = [];
    if (outside !== undefined) {
      const message = `${nameOf(item)} belongs to the body of the loop ${nameOf(loop)} and is also reached from outside it.`;
      issues.push(
        nodeIssue(
          item,
          '',
          'FLOW_LOOP_LEFT',
          message,
          'Continue after the loop from its port "done"; the body needs no connection back to the loop.',
          'error',
          {
            loop: labelOf(loop),
          },
        ),
      );
    }
    if (item.role === 'reply') {
      issues.push(
        nodeIssue(
          item,
          '',
          'FLOW_REPLY_IN_LOOP',
          `${nameOf(item)} is in a loop, but a caller gets only one reply.`,
          'Reply after the port "done".',
          'warning',
        ),
      );
    }
    return issues;
  });
}

function checkReachable(view: GraphView): Issue[] {
  const starts = startsOf(view);
  if (starts.length === 0) return [];
  const reached = reachable(view, starts);
  const lost = hasOpenEnd(view) ? [] : [...view.nodes.values()].filter((item) => !reached.has(item.node.id));
  const issues = lost.map((item) =>
    nodeIssue(
      item,
      '',
      'FLOW_NODE_UNREACHABLE',
      `No path leads to ${nameOf(item)}, so it never runs.`,
      'Connect it, or remove it.',
      'warning',
    ),
  );
  const isAnswered = [...reached].some((id) => ['reply', 'unknown'].includes(roleAt(view, id)));
  if (view.document.mode === 'sync' && !isAnswered) {
    issues.push(
      issue(
        '/nodes',
        'FLOW_NO_REPLY',
        'Callers of a sync flow wait for a reply, but no reply node can be reached.',
        'Add a reply node at the end.',
      ),
    );
  }
  return issues;
}

function checkJoins(view: GraphView): Issue[] {
  if (hasOpenEnd(view)) return [];
  return [...view.nodes.values()]
    .filter(({ role }) => role === 'join')
    .flatMap((item) => [...checkBranches(item), ...checkNames(item, view)]);
}

function checkBranches(item: NodeView): Issue[] {
  const branches = item.ins.length;
  const { mode, n } = item.config;
  if (mode === 'n-of' && typeof n === 'number' && n > branches) {
    const message = `${nameOf(item)} waits for ${n} branches, but only ${branches} lead to it, so it would never continue.`;
    const fix = `Wait for at most ${branches}, or connect more branches to it.`;
    return [nodeIssue(item, '/config/n', 'FLOW_JOIN_TOO_FEW', message, fix, 'error', { n, branches })];
  }
  if (branches !== 1) return [];
  const message = `${nameOf(item)} joins only one path.`;
  return [nodeIssue(item, '', 'FLOW_JOIN_SINGLE', message, 'Remove it, or connect the other paths to it.', 'warning')];
}

/**
 * Checks the field names of a join. A name for a node that is not connected to the join has no effect, and the author
 * would look for a field that never appears.
 */
function checkNames(item: NodeView, view: GraphView): Issue[] {
  const { names } = item.config;
  if (!isRecord(names)) return [];
  const sources = new Set(item.ins.map(({ from }) => from.node));
  return Object.keys(names)
    .filter((id) => !sources.has(id))
    .map((id) => {
      const known = view.nodes.get(id);
      const source = known === undefined ? shownName(id) : labelOf(known);
      const message = `${nameOf(item)} names the result of ${source}, which is not connected to it.`;
      const fix = 'Remove the name, or connect the node.';
      return nodeIssue(item, `/config/names${pointerStep(id)}`, 'FLOW_JOIN_NAME', message, fix, 'warning', { source });
    });
}

/**
 * Finds replies after another reply. A caller gets one reply, so a second one on the same path has no effect. It is
 * only a warning if the second reply can also be reached on a path without the first one.
 */
function checkSecondReplies(view: GraphView): Issue[] {
  if (view.order === undefined) return [];
  const replies = [...view.nodes.values()].filter(({ role }) => role === 'reply');
  const seconds = new Map<NodeView, NodeView>();
  for (const first of replies) {
    const behind = reachable(
      view,
      first.outs.map(({ to }) => to.node),
    );
    for (const item of replies) if (behind.has(item.node.id) && !seconds.has(item)) seconds.set(item, first);
  }
  return [...seconds].map(([item, first]) => {
    const message = `${nameOf(item)} comes after the reply ${nameOf(first)}: the caller already has its reply and gets no second one.`;
    const fix = 'Remove one of the two, or put them on different branches of a condition.';
    const others = reachable(view, startsOf(view), ({ from }) => from.node !== first.node.id);
    const severity = others.has(item.node.id) ? 'warning' : 'error';
    return nodeIssue(item, '', 'FLOW_REPLY_SECOND', message, fix, severity, { first: labelOf(first) });
  });
}

function repeated(ids: readonly string[]): { readonly id: string; readonly index: number }[] {
  const seen = new Set<string>();
  return ids.flatMap((id, index) => (seen.has(id) ? [{ id, index }] : (seen.add(id), [])));
}

function issue(path: string, code: string, message: string, fix: string, values?: ErrorValues): Issue {
  return { path, code, severity: 'error', message, fix, ...(values === undefined ? {} : { values }) };
}
