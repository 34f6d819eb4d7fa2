import type { Issue } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { errorPort, type NodeDefinition } from '../contract/node/node.ts';
import { checkNodeTexts } from './check-expressions.ts';
import { isConnected, type GraphView, type NodeView } from './graph-view.ts';
import { nearestName } from './nearest-name.ts';
import { nameOf, nodeIssue } from './node-issue.ts';
import { schemaIssues } from './schema-issues.ts';
import type { ValidateDeps } from './validate-deps.ts';

/** Checks each node separately: type, configuration, expressions, adapter and handling. */
export function checkNodes(view: GraphView, deps: ValidateDeps): Issue[] {
  return [...view.nodes.values(), ...view.repeated].flatMap((item) => {
    deps.onNode?.(item.index);
    if (item.definition === undefined) return [unknownType(item, deps)];
    if (item.node.disabled === true) return checkDisabled(item);
    return [
      ...checkConfig(item, item.definition, view.document, deps),
      ...checkNodeTexts(view, item, item.definition, deps),
      ...checkAdapter(item, item.definition, deps),
      ...checkHandling(view, item, item.definition),
    ];
  });
}

function unknownType(item: NodeView, deps: ValidateDeps): Issue {
  const { type } = item.node;
  const [, extension] = /^(x-[a-z0-9-]+)\./.exec(type) ?? [];
  if (extension !== undefined) {
    const message = `The node type ${type} is of the extension ${extension}, which is not installed here.`;
    const fix = 'Ask the system administrator to install it on the page of extensions.';
    return nodeIssue(item, '/type', 'FLOW_NODE_TYPE_UNKNOWN', message, fix, 'error', { type, extension, problem: 'extension' });
  }
  const nearest = nearestName(type, deps.nodes.list?.().map((known) => `${known.type}@${known.major}`) ?? []);
  const fix = nearest === undefined ? 'See which node types are installed here.' : `Did you mean ${nearest}?`;
  return nodeIssue(item, '/type', 'FLOW_NODE_TYPE_UNKNOWN', `There is no node type ${type} here.`, fix, 'error', {
    type,
    ...(nearest === undefined ? {} : { nearest }),
  });
}

function checkDisabled(item: NodeView): Issue[] {
  if (item.role !== 'trigger') return [];
  return [nodeIssue(item, '/disabled', 'FLOW_TRIGGER_DISABLED', 'A trigger cannot be disabled.', 'Unpublish the flow to stop it.')];
}

function checkConfig(item: NodeView, definition: NodeDefinition, { mode }: FlowDocument, { fits }: ValidateDeps): Issue[] {
  const issues = schemaIssues(definition.config, item.config, 'FLOW_CONFIG', `/nodes/${item.index}/config`, fits).map((issue) => ({
    ...issue,
    node: item.node.id,
  }));
  if (issues.length > 0) return issues;
  return (definition.check?.(item.config as never, mode) ?? []).map((problem) => {
    if ('code' in problem) return { ...problem, path: `/nodes/${item.index}/config${problem.path}`, node: item.node.id };
    const { path, message } = problem;
    return { ...nodeIssue(item, `/config${path}`, 'FLOW_CONFIG', message.en), text: message };
  });
}

function checkAdapter(item: NodeView, definition: NodeDefinition, deps: ValidateDeps): Issue[] {
  const protocol = definition.kind === 'control' ? undefined : definition.adapter;
  const { adapter } = item.node;
  if (protocol === undefined) {
    if (adapter === undefined) return [];
    return [
      nodeIssue(item, '/adapter', 'FLOW_ADAPTER_UNUSED', `${nameOf(item)} does not use an adapter.`, 'Remove the adapter.', 'warning', {
        adapter,
      }),
    ];
  }
  if (adapter === undefined) {
    return [
      nodeIssue(
        item,
        '/adapter',
        'FLOW_ADAPTER_MISSING',
        `${nameOf(item)} needs an adapter of the protocol ${protocol}.`,
        'Choose an adapter.',
        'error',
        { protocol },
      ),
    ];
  }
  if (deps.adapters === undefined) return [];
  const { environment } = deps.adapters;
  const actual = deps.adapters.protocolOf(adapter);
  if (actual === undefined) {
    const message = `There is no adapter ${adapter} with settings for ${environment}, the environment of this installation.`;
    const fix = `Create it here with settings for ${environment}, add these to it, or choose another.`;
    return [nodeIssue(item, '/adapter', 'FLOW_ADAPTER_UNKNOWN', message, fix, 'error', { adapter, environment })];
  }
  if (actual === protocol) return [];
  const message = `The adapter ${adapter} speaks ${actual}, but ${nameOf(item)} speaks ${protocol}.`;
  const fix = `Choose an adapter of the protocol ${protocol}.`;
  return [nodeIssue(item, '/adapter', 'FLOW_ADAPTER_PROTOCOL', message, fix, 'error', { adapter, actual, protocol })];
}

function checkHandling(view: GraphView, item: NodeView, definition: NodeDefinition): Issue[] {
  const { handling } = item.node;
  const issues: Issue[] = [];
  if (handling?.onError === 'port' && !isConnected(view, item, errorPort.name)) {
    const message = `Errors of ${nameOf(item)} leave through its error port, but nothing is connected to it.`;
    issues.push(
      nodeIssue(item, '/handling/onError', 'FLOW_ERROR_PORT_OPEN', message, 'Connect the error port, or let errors fail the execution.'),
    );
  }
  const hasErrorEdge = item.outs.some((edge) => edge.from.port === errorPort.name);
  if (hasErrorEdge && (handling?.onError === 'fail' || handling?.onError === 'continue')) {
    const message = `The nodes connected to the error port of ${nameOf(item)} never run, because its onError is "${handling.onError}".`;
    const values = { handling: handling.onError };
    issues.push(nodeIssue(item, '/handling/onError', 'FLOW_ERROR_PORT_UNUSED', message, 'Set onError to "port".', 'warning', values));
  }
  if (handling?.retry?.on.includes('unknown-outcome') === true && effectOf(item, definition) === 'write') {
    const message = `${nameOf(item)} is not retried after an unknown outcome, because its write is not idempotent and could be done twice.`;
    issues.push(
      nodeIssue(
        item,
        '/handling/retry/on',
        'FLOW_RETRY_UNSAFE',
        message,
        'Remove "unknown-outcome", or make the call idempotent.',
        'warning',
      ),
    );
  }
  const attemptMs = handling?.timeoutMs;
  const worstMs = (attemptMs ?? 0) * ((handling?.retry?.max ?? 0) + 1);
  if (view.document.mode === 'sync' && attemptMs !== undefined && worstMs > view.document.deadlineMs) {
    const message = `${nameOf(item)} may take ${worstMs} ms with its retries, but the flow's deadline is ${view.document.deadlineMs} ms.`;
    issues.push(
      nodeIssue(
        item,
        '/handling/timeoutMs',
        'FLOW_DEADLINE_SHORT',
        message,
        'Shorten time-out or retries, or give the flow more time.',
        'warning',
        { worstMs, deadlineMs: view.document.deadlineMs },
      ),
    );
  }
  return issues;
}

/** Returns the effect of a node with its configuration; an unknown effect counts as a write. */
export function effectOf(item: NodeView, definition: NodeDefinition | undefined): 'pure' | 'read' | 'idempotent-write' | 'write' {
  if (definition?.kind !== 'action' || item.node.disabled === true) return 'pure';
  if (typeof definition.effect !== 'function') return definition.effect;
  try {
    return definition.effect(item.config as never);
  } catch {
    return 'write';
  }
}
