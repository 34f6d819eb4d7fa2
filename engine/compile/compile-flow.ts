/**
 * Compiles a flow version once, at publish: fills in configurations, prepares nodes, compiles expressions and builds
 * the graph.
 */
import type { CallDoor } from '../contract/node/call-door.ts';
import type { Message } from '../contract/values/message.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, toErrorRecord, type Issue } from '../contract/values/errors.ts';
import type { FlowNode, FlowVersion, Handling, Recording, RetryRule } from '../contract/flow/flow-document.ts';
import {
  outPort,
  type BuildContext,
  type Effect,
  type NodeDefinition,
  type PortSpec,
  type Reply,
  type RunNode,
  type Scope,
} from '../contract/node/node.ts';
import { withDefaults } from '../flow/with-defaults.ts';
import { buildGraph, type FlowGraph, type PlanNode } from '../plan/flow-graph.ts';

export interface CompiledNode {
  readonly id: string;
  readonly node: FlowNode;
  readonly config: Readonly<Record<string, unknown>>;
  readonly definition: NodeDefinition;
  readonly effect: Effect;
  readonly ports: readonly PortSpec[];
  /** The function of the node; undefined for triggers. A disabled node passes its message on. */
  readonly run: RunNode<unknown> | undefined;
  readonly retry: RetryRule;
  readonly onError: 'port' | 'fail' | 'continue';
  /**
   * True if the author chose the error port in the handling, so that the port takes unknown outcomes too. Connecting
   * the port is not enough.
   */
  readonly takesUnknown: boolean;
  readonly exhausted: NonNullable<Handling['exhausted']>;
  readonly timeoutMs: number | undefined;
  readonly record: NonNullable<Handling['record']>;
}

type Expression = (scope: Scope) => unknown;

export interface CompiledFlow extends FlowVersion {
  readonly graph: FlowGraph;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly trigger: CompiledNode;
  readonly triggerPort: string;
  /** Converts calls of an interface, if the type of the trigger does so. */
  readonly door: CallDoor | undefined;
  /** Throws an AppError if the caller of a sync flow cannot get this reply to the message. */
  checkReply(message: Message, reply: Reply): void;
  readonly ingress: {
    readonly dedupe: { readonly key: Expression; readonly windowMs: number } | undefined;
    readonly lane: Expression | undefined;
    readonly keys: readonly (readonly [name: string, expression: Expression])[];
  };
  readonly recording: Required<Recording>;
  /** Ids of nodes whose output expressions of this flow may read as `nodes.<id>`. */
  readonly namedNodes: ReadonlySet<string>;
  /** The strongest effect of all nodes, which is the effect of the flow for a flow that calls it. */
  readonly effect: Effect;
  /** True if any node may change something in another system. */
  readonly hasWrite: boolean;
  /** True if every node records in full. */
  readonly recordsAllNodes: boolean;
}

export interface CompileDeps {
  readonly getNode: (type: string) => NodeDefinition | undefined;
  readonly build: BuildContext;
  /** Called before each node with its position; throw to stop the compilation. */
  onNode?(index: number): void;
}

/**
 * Compiles a version. Throws FLOW_INVALID (input) with all problems that only compilation finds. The document must
 * have passed `validateFlow`.
 */
export function compileFlow(version: FlowVersion, deps: CompileDeps): CompiledFlow {
  const steps = compileSteps(version, deps);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Like `compileFlow`, but yields to the event loop between nodes. Rejects with the signal's reason. */
export async function compileFlowInTurns(version: FlowVersion, deps: CompileDeps, signal: AbortSignal): Promise<CompiledFlow> {
  const steps = compileSteps(version, deps);
  for (let turnEnds = performance.now() + TURN_MS; ;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < turnEnds) continue;
    await nextTurn();
    signal.throwIfAborted();
    turnEnds = performance.now() + TURN_MS;
  }
}

const TURN_MS = 5;

function* compileSteps(version: FlowVersion, deps: CompileDeps): Generator<void, CompiledFlow> {
  const { document } = version;
  const issues: Issue[] = [];
  const nodes = new Map<string, CompiledNode>();
  for (const [index, node] of document.nodes.entries()) {
    deps.onNode?.(index);
    const compiled = collect(issues, `/nodes/${index}/config`, node.id, () =>
      compileNode(node, document.mode, connectedPorts(version, node.id), deps),
    );
    if (compiled) nodes.set(node.id, compiled);
    yield;
  }
  const expression = (path: string, text: string): Expression =>
    collect(issues, path, undefined, () => deps.build.compileExpression(text)) ?? (() => undefined);
  const { ingress } = document;
  const compiledIngress: CompiledFlow['ingress'] = {
    dedupe: ingress?.dedupe && { key: expression('/ingress/dedupe/key', ingress.dedupe.key), windowMs: ingress.dedupe.windowSec * 1000 },
    lane: ingress?.lane && expression('/ingress/lane/key', ingress.lane.key),
    keys: Object.entries(ingress?.keys ?? {}).map(([name, text]) => [name, expression(`/ingress/keys/${name}`, text)] as const),
  };
  if (issues.length > 0)
    throw new AppError('FLOW_INVALID', 'input', 'The flow cannot be prepared to run.', {
      values: { count: issues.length },
      issues,
      fix: 'Correct the problems listed.',
    });
  const effect = [...nodes.values()].reduce<Effect>(
    (strongest, node) => (isStronger(node.effect, strongest) ? node.effect : strongest),
    'pure',
  );
  const graph = buildGraph(document, (id) => planOf(nodes.get(id)!));
  const trigger = nodes.get(graph.nodes[graph.trigger]!.id)!;
  const { definition } = trigger;
  const door = definition.kind === 'trigger' ? definition.door?.(trigger.config) : undefined;
  return {
    ...version,
    graph,
    nodes,
    trigger,
    triggerPort: trigger.ports[0]?.name ?? outPort.name,
    door,
    checkReply(message, reply) {
      if (document.mode !== 'sync') return;
      if (door !== undefined) door.checkReply(message, reply);
      else if (definition.kind === 'trigger') definition.checkReply?.(message, reply);
    },
    ingress: compiledIngress,
    recording: { level: 'full', retainDays: 30, perSecond: 10, megabytesPerDay: 10_240, ...document.recording },
    namedNodes: new Set(JSON.stringify(document.nodes.map((node) => node.config)).match(/\bn_[A-Za-z0-9_-]{1,60}/g) ?? []),
    effect,
    hasWrite: isStronger(effect, 'read'),
    recordsAllNodes: [...nodes.values()].every((node) => node.record === 'full'),
  };
}

const EFFECTS: readonly Effect[] = ['pure', 'read', 'idempotent-write', 'write'];

export function isStronger(effect: Effect, than: Effect): boolean {
  return EFFECTS.indexOf(effect) > EFFECTS.indexOf(than);
}

/**
 * The retry rule of actions in a durable flow, which keeps trying while a hospital is down. A sync flow does not
 * retry, because its caller waits.
 */
const DURABLE_RETRY: RetryRule = { max: 100, baseMs: 500, factor: 2, capMs: 60_000, on: ['transient'] };
const NO_RETRY: RetryRule = { ...DURABLE_RETRY, max: 0 };

function compileNode(node: FlowNode, mode: 'sync' | 'durable', connected: ReadonlySet<string>, deps: CompileDeps): CompiledNode {
  const definition = deps.getNode(node.type);
  if (!definition) throw new AppError('NODE_TYPE_UNKNOWN', 'input', `There is no node type ${node.type}.`, { values: { type: node.type } });
  const config = withDefaults(definition.config, structuredClone(node.config)) as Record<string, unknown>;
  const ports =
    definition.kind === 'control' && typeof definition.ports.out === 'function'
      ? definition.ports.out(config)
      : (definition.ports.out as readonly PortSpec[]);
  const { handling } = node;
  return {
    id: node.id,
    node,
    config,
    definition,
    ports,
    effect: effectOf(definition, config, node.disabled === true),
    run:
      definition.kind === 'trigger'
        ? undefined
        : node.disabled
          ? passThrough(ports)
          : (definition.prepare(config, deps.build) as RunNode<unknown>),
    retry: handling?.retry ?? (mode === 'durable' && definition.kind === 'action' ? DURABLE_RETRY : NO_RETRY),
    onError: handling?.onError ?? (connected.has('error') ? 'port' : 'fail'),
    takesUnknown: handling?.onError === 'port',
    exhausted: handling?.exhausted ?? 'hold',
    timeoutMs: handling?.timeoutMs,
    record: handling?.record ?? 'full',
  };
}

function effectOf(definition: NodeDefinition, config: Record<string, unknown>, isDisabled: boolean): Effect {
  if (definition.kind !== 'action' || isDisabled) return 'pure';
  return typeof definition.effect === 'function' ? definition.effect(config) : definition.effect;
}

function passThrough(ports: readonly PortSpec[]): RunNode<unknown> {
  const port = ports.find((candidate) => candidate.name !== 'error')?.name ?? outPort.name;
  return (_ctx, message) => ({ emit: { [port]: [message] } });
}

function planOf({ definition, ports, effect, config, node }: CompiledNode): PlanNode {
  const outPorts = ports.map((port) => port.name);
  if (definition.kind !== 'control') return { role: definition.kind, effect, outPorts };
  if (node.disabled && definition.role !== 'join') return { role: 'action', effect, outPorts };
  if (definition.role === 'join') {
    return { role: 'join', effect, outPorts, join: joinOf(config) };
  }
  if (definition.role === 'for-each') {
    return {
      role: 'for-each',
      effect,
      outPorts,
      loop: { concurrency: Number(config['concurrency'] ?? 4), keepItemErrors: config['onItemError'] === 'keep' },
    };
  }
  return { role: definition.role, effect, outPorts };
}

function joinOf({ mode, n }: Readonly<Record<string, unknown>>): NonNullable<PlanNode['join']> {
  switch (mode) {
    case 'first-success':
      return { need: 1, first: 'success' };
    case 'first-end':
      return { need: 1, first: 'end' };
    case 'any':
      return { need: 1 };
    case 'n-of':
      return { need: Number(n) };
    default:
      return { need: 'all' };
  }
}

function connectedPorts(version: FlowVersion, nodeId: string): ReadonlySet<string> {
  return new Set(version.document.edges.filter((edge) => edge.from.node === nodeId).map((edge) => edge.from.port));
}

function collect<T>(issues: Issue[], path: string, node: string | undefined, work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    const record = toErrorRecord(thrown);
    const base = { severity: 'error' as const, ...(node === undefined ? {} : { node }) };
    if (record.issues?.length) issues.push(...record.issues.map((issue) => ({ ...base, ...issue, path: `${path}${issue.path}` })));
    else {
      const { code, message, values, fix } = record;
      issues.push({ ...base, path, code, message, ...(values === undefined ? {} : { values }), ...(fix === undefined ? {} : { fix }) });
    }
    return undefined;
  }
}
