/**
 * The node contract (design page 1, section 7). A node never sees storage, queue or graph; it answers what it emits.
 * `export default defineNode({...})` from `nodes/<protocol>/<verb>.node.ts`; the registry finds it by scanning the folder.
 */
import type { Static, TObject } from 'typebox';
import type { Adapter } from './adapter.ts';
import type { Clock } from '../values/clock.ts';
import type { ErrorRecord, Issue } from '../values/errors.ts';
import type { Message } from '../values/message.ts';
import type { Logger } from '../values/observe.ts';
import type { OutboundGuard } from './outbound-guard.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { SandboxUser } from './sandbox-wait.ts';
import type { Text } from '../values/texts.ts';

/**
 * - `pure`: depends on the message alone; may run again at any time.
 * - `read`: asks outside, changes nothing there.
 * - `idempotent-write`: changes something, and doing it again with the same key is the same as doing it once.
 * - `write`: doing it twice does it twice. Never run again by itself once its first byte may have left.
 */
export type Effect = 'pure' | 'read' | 'idempotent-write' | 'write';

export type Category = 'trigger' | 'call' | 'transform' | 'control' | 'check';

export interface PortSpec {
  readonly name: string;
  readonly label: Text;
}

export type Outcome =
  /** One message per port at most; ports left out emit nothing. Several messages belong into an array and a for-each. */
  | { readonly emit: Readonly<Record<string, readonly Message[]>> }
  | { readonly wait: { readonly untilMs: number } | { readonly resumeToken: string; readonly untilMs?: number } }
  /** The answer for the caller of this execution; the token then leaves by the port `out`. Only `reply` and `end with error` use it. */
  | { readonly reply: Reply; readonly emit?: Readonly<Record<string, readonly Message[]>> }
  /** The message itself is refused: an `input` error with its reason. */
  | { readonly reject: ErrorRecord };

/** What a caller gets. Exactly one per execution. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: Message;
}

/** Names that an expression can use. */
export interface Scope {
  readonly message: Message;
  /** Output data of nodes that already ran in this execution, by node id; only those that the flow's expressions name are kept. */
  readonly nodes: Readonly<Record<string, unknown>>;
  /** Time of acceptance, epoch milliseconds: `now` in expressions, the same over retries. */
  readonly now: number;
  /** Set inside a loop of a mapping: what `item`, `index` and `outer` read. */
  readonly loop?: Loop;
  /** The step that the scope is of: its expressions may wait for the sandbox. */
  readonly user?: SandboxUser;
}

/** One round of a loop; `outer` is the enclosing loop. */
export interface Loop {
  readonly item: unknown;
  readonly index: number;
  readonly outer?: Loop;
}

export interface NodeContext<Config> {
  readonly config: Config;
  /** The resolved adapter; present exactly when the definition names a protocol in `adapter`. */
  readonly adapter: Adapter | undefined;
  /** Asked before every connection. */
  readonly outbound: OutboundGuard;
  /** Ends with node time-out, deadline or cancel. Every wait and every socket must heed it. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which nobody waits for the result. */
  readonly deadlineMs: number;
  /** hash(origin, node, iteration): stable over retries, new in a replay. */
  readonly idempotencyKey: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly executionId: string;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly log: Logger;
  /** W3C trace context of this attempt, for protocols that carry one; absent when it is not traced. */
  readonly traceparent?: string | undefined;
  /** Seeded by (origin, node, iteration); the same over retries. */
  random(): number;
  /** The credential of the node's adapter, or of the adapter of that id; no secret is given to any but those it is meant for. Never put into a message or log. */
  secret(name?: string): Promise<string>;
  readonly blobs: Blobs;
  /** Looks a key up in a code table pinned for this execution; CODE_UNKNOWN when it is absent and the table has no fallback. */
  lookup(table: string, key: string): string;
  /** Evaluates an expression of the configuration (compiled and cached by the engine). */
  evaluate(expression: string, scope?: Scope): Promise<unknown> | unknown;
  /** Runs script text in the sandbox, outside this realm, within the limits. */
  runScript(source: string, input: unknown, limits?: { readonly timeoutMs?: number; readonly memoryBytes?: number }): Promise<unknown>;
  /** Runs another published flow inline with this message and answers its reply; its keys derive from this node's. */
  callFlow(flowId: string, message: Message): Promise<Message>;
  /**
   * Must be called by `write` nodes just before the first byte leaves. Rejects with LEASE_LOST when this worker no longer owns
   * the execution (then nothing may be sent).
   */
  beforeFirstByte(): void;
}

/** Bound once at publish: whatever depends on the configuration alone (schemas, closures) is prepared here, not per message. */
export type RunNode<Config> = (ctx: NodeContext<Config>, message: Message) => Promise<Outcome> | Outcome;

/** What a trigger hands in; resolves when the message is safe (durable) or answered (sync). */
export interface Arrival {
  readonly message: Message;
  /** Overrides the flow's dedupe expression, where the protocol knows better (timers: the planned instant). */
  readonly dedupeKey?: string;
}

export type ArrivalResult =
  | { readonly status: 'accepted'; readonly executionId: string }
  | { readonly status: 'duplicate'; readonly executionId: string }
  | { readonly status: 'refused'; readonly error: ErrorRecord };

export interface TriggerContext<Config> {
  readonly config: Config;
  readonly adapter: Adapter | undefined;
  /** Asked before every connection. */
  readonly outbound: OutboundGuard;
  readonly flowId: string;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** TLS material for listeners: PEM. Plain text is allowed on loopback only. */
  tls(): Promise<{ readonly cert: string; readonly key: string; readonly ca?: string } | undefined>;
  secret(name?: string): Promise<string>;
  /** The last planned instant that was accepted, for timers; undefined at first. */
  lastPlanned(): Promise<number | undefined>;
}

export type Emit = (arrival: Arrival) => Promise<ArrivalResult>;

export interface Stop {
  /** Takes no further message; resolves when those under way are settled. */
  stop(): Promise<void>;
  /** Resolves with the reason when it cannot go on by itself: it is stopped, and started anew a while later, here or in another process. */
  readonly ended?: Promise<unknown>;
}

export type Health =
  { readonly ok: true; readonly steps: readonly ProbeStep[] } | { readonly ok: false; readonly steps: readonly ProbeStep[] };
export interface ProbeStep {
  readonly name: Text;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly detail?: string;
  /** Why it failed; `detail` is then its message. */
  readonly error?: ErrorRecord;
}

export interface ProbeContext {
  readonly adapter: Adapter;
  /** Asked before every connection. */
  readonly outbound: OutboundGuard;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Hears each step as soon as it is over. */
  readonly report?: ((step: ProbeStep) => void) | undefined;
  secret(name?: string): Promise<string>;
}

/** One thing that the other side of an adapter can be asked to do, as its own description says. */
export interface Offer {
  readonly name: string;
  /** In the words of the other side. */
  readonly about?: string;
  /** What the configuration of the node is that calls it; fields left out stay as they are. */
  readonly config: Readonly<Record<string, unknown>>;
  /** JSON Schemas of the data that the node then takes, and emits on success. */
  readonly takes: Readonly<Record<string, unknown>>;
  readonly gives: Readonly<Record<string, unknown>>;
}

/** What is wrong with a configuration, beyond its schema; both languages, since a node type brings its own texts. */
export interface ConfigProblem {
  /** JSON Pointer into the configuration, `''` for the whole. */
  readonly path: string;
  readonly message: Text;
}

/** A message to try a node or flow with. Invented: never data of a real person. */
export interface NodeSample {
  readonly name: Text;
  readonly data: unknown;
  readonly mediaType?: string;
}

interface Described<Schema extends TObject> {
  /** `protocol.verb`; the file is `nodes/<protocol>/<verb>.node.ts`. */
  readonly type: string;
  readonly major: number;
  readonly category: Category;
  /** Name of an icon of the designer's icon set. */
  readonly icon: string;
  readonly text: { readonly label: Text; readonly help: Text };
  readonly config: Schema;
  /** Of a trigger: messages as it hands them in; of others: messages as they take them. */
  readonly samples?: readonly NodeSample[];
  /** Fields of `config` that hold expressions, as JSON Pointers with `*`; checked at publish, completed in the designer. */
  readonly expressions?: readonly string[];
  /** Migrates the configuration of an older major. */
  upgrade?(old: unknown, fromMajor: number): Static<Schema>;
  /**
   * Problems that the schema cannot express, found at validation; paths are relative to the configuration. It may refuse more than `prepare`:
   * what was published before a check existed goes on running.
   */
  check?(config: Static<Schema>): readonly (ConfigProblem | Issue)[];
}

export interface ActionNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'action';
  readonly ports: { readonly in: readonly PortSpec[]; readonly out: readonly PortSpec[] };
  /** Protocol of the adapter it needs. */
  readonly adapter?: string;
  readonly effect: Effect | ((config: Static<Schema>) => Effect);
  readonly streaming?: boolean;
  /** Prepares the node for one configuration (compiled at publish) and answers the function that runs per message. */
  prepare(config: Static<Schema>, build: BuildContext): RunNode<Static<Schema>>;
  probe?(ctx: ProbeContext): Promise<Health>;
  /** What the other side describes itself to offer (a WSDL); changes nothing there. Rejects with an AppError. */
  offers?(ctx: ProbeContext): Promise<readonly Offer[]>;
}

export interface TriggerNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'trigger';
  readonly ports: { readonly in: readonly []; readonly out: readonly PortSpec[] };
  readonly adapter?: string;
  /** Absent for triggers that others fire (an interface call). Resolves when it really listens; rejects when it cannot. */
  listen?(ctx: TriggerContext<Static<Schema>>, emit: Emit): Promise<Stop>;
  /**
   * Headers and business keys that it reads from the content of a message: read again when a person corrects the content.
   * Throws an AppError when it would refuse the content. Absent: it reads none.
   */
  describe?(config: Static<Schema>, message: Message): Pick<Message, 'headers' | 'keys'>;
  /** Names of the business keys that its messages may have. Absent: not known. */
  keyNames?(config: Static<Schema>): readonly string[];
  probe?(ctx: ProbeContext): Promise<Health>;
}

/** Control nodes are a closed set that the planner knows by role; their `prepare` chooses ports, it never touches the graph. */
export type ControlRole = 'route' | 'parallel' | 'for-each' | 'join' | 'catch' | 'wait' | 'reply' | 'end';

export interface ControlNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'control';
  readonly role: ControlRole;
  /** Output ports may depend on the configuration (a condition's branches). */
  readonly ports: {
    readonly in: readonly PortSpec[];
    readonly out: readonly PortSpec[] | ((config: Static<Schema>) => readonly PortSpec[]);
  };
  prepare(config: Static<Schema>, build: BuildContext): RunNode<Static<Schema>>;
}

export type NodeDefinition<Schema extends TObject = TObject> = ActionNode<Schema> | TriggerNode<Schema> | ControlNode<Schema>;

/** What `prepare` may use: compilers of the engine, so that nodes import none of it. Each throws an `input` AppError on bad text. */
export interface BuildContext {
  /** Compiles an expression; answers a function of the scope. */
  compileExpression(expression: string): (scope: Scope) => unknown;
  /** Compiles a structured condition rule (see `expression-types.ts`). */
  compileCondition(rule: unknown): (scope: Scope) => boolean | Promise<boolean>;
}

/** Gives a definition its types; changes nothing. */
export function defineNode<Schema extends TObject>(definition: ActionNode<Schema>): ActionNode<Schema>;
export function defineNode<Schema extends TObject>(definition: TriggerNode<Schema>): TriggerNode<Schema>;
export function defineNode<Schema extends TObject>(definition: ControlNode<Schema>): ControlNode<Schema>;
export function defineNode(definition: NodeDefinition): NodeDefinition {
  return definition;
}

/** `type@major`, the name by which a flow refers to a definition. */
export function typeName(definition: Pick<NodeDefinition, 'type' | 'major'>): string {
  return `${definition.type}@${definition.major}`;
}

/** The usual ports of an action. */
export const inPort: PortSpec = { name: 'in', label: { 'zh-CN': '输入', en: 'In' } };
export const okPort: PortSpec = { name: 'ok', label: { 'zh-CN': '成功', en: 'OK' } };
export const errorPort: PortSpec = { name: 'error', label: { 'zh-CN': '错误', en: 'Error' } };
export const outPort: PortSpec = { name: 'out', label: { 'zh-CN': '输出', en: 'Out' } };
