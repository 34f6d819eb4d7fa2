/**
 * The node contract. A node never sees storage, queue or graph; it returns what it emits. Files
 * `nodes/<protocol>/<verb>.node.ts` have `export default defineNode({...})`; the registry finds them by scanning the
 * folder.
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
 * - `pure`: depends only on the message; may run again at any time.
 * - `read`: queries another system and changes nothing there.
 * - `idempotent-write`: changes something; repeating it with the same key has no further effect.
 * - `write`: each repetition changes something again. Never retried automatically once its first byte may have left.
 */
export type Effect = 'pure' | 'read' | 'idempotent-write' | 'write';

export type Category = 'trigger' | 'call' | 'transform' | 'control' | 'check';

export interface PortSpec {
  readonly name: string;
  readonly label: Text;
}

export type Outcome =
  /**
   * At most one message per port; ports not named emit nothing. To emit several messages, use an array and a
   * for-each.
   */
  | { readonly emit: Readonly<Record<string, readonly Message[]>> }
  | { readonly wait: { readonly untilMs: number } | { readonly resumeToken: string; readonly untilMs?: number } }
  /**
   * The reply for the caller of this execution; the token then leaves by the port `out`. Only `reply` and `end with
   * error` use it.
   */
  | { readonly reply: Reply; readonly emit?: Readonly<Record<string, readonly Message[]>> }
  /** Rejects the message itself, with an `input` error. */
  | { readonly reject: ErrorRecord };

/** What a caller gets. Exactly one per execution. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: Message;
}

/** The names available in an expression. */
export interface Scope {
  readonly message: Message;
  /**
   * Output data of nodes that have run in this execution, by node id. Only nodes named in the flow's expressions are
   * kept.
   */
  readonly nodes: Readonly<Record<string, unknown>>;
  /** Acceptance time in epoch milliseconds: `now` in expressions. The same on every retry. */
  readonly now: number;
  /** Set inside a loop of a mapping: the source of `item`, `index` and `outer`. */
  readonly loop?: Loop;
  /** The step that evaluates the scope: its expressions may wait for the sandbox. */
  readonly user?: SandboxUser;
}

/** One iteration of a loop; `outer` is the enclosing loop. */
export interface Loop {
  readonly item: unknown;
  readonly index: number;
  readonly outer?: Loop;
}

export interface NodeContext<Config> {
  readonly config: Config;
  /** The resolved adapter; set exactly if the definition names a protocol in `adapter`. */
  readonly adapter: Adapter | undefined;
  /** Must be checked before every connection. */
  readonly outbound: OutboundGuard;
  /** Aborted on node time-out, deadline or cancel. Every wait and every socket must respect it. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which the result is no longer needed. */
  readonly deadlineMs: number;
  /** hash(origin, node, iteration): the same on every retry, new in a replay. */
  readonly idempotencyKey: string;
  /** The attempt number, from 1. */
  readonly attempt: number;
  readonly executionId: string;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly log: Logger;
  /** W3C trace context of this attempt, for protocols that support one; absent if it is not traced. */
  readonly traceparent?: string | undefined;
  /** Random numbers seeded by (origin, node, iteration); the same on every retry. */
  random(): number;
  /**
   * Returns the credential of the node's adapter, or of the adapter with that id. A credential may only be sent to
   * the system it is meant for. Never put it into a message or log.
   */
  secret(name?: string): Promise<string>;
  readonly blobs: Blobs;
  /**
   * Looks up a key in a code table pinned for this execution. CODE_UNKNOWN if it is absent and the table has no
   * fallback.
   */
  lookup(table: string, key: string): string;
  /** Evaluates an expression of the configuration (compiled and cached by the engine). */
  evaluate(expression: string, scope?: Scope): Promise<unknown> | unknown;
  /** Runs script text in the sandbox, in another realm, within the limits. */
  runScript(source: string, input: unknown, limits?: { readonly timeoutMs?: number; readonly memoryBytes?: number }): Promise<unknown>;
  /**
   * Runs another published flow inline with this message and returns its reply. Its keys derive from this node's key.
   */
  callFlow(flowId: string, message: Message): Promise<Message>;
  /**
   * `write` nodes must call this just before the first byte leaves. Throws LEASE_LOST if this worker no longer owns
   * the execution; send nothing then.
   */
  beforeFirstByte(): void;
}

/**
 * Created once at publish. Prepare here, not per message, whatever depends only on the configuration (schemas,
 * closures).
 */
export type RunNode<Config> = (ctx: NodeContext<Config>, message: Message) => Promise<Outcome> | Outcome;

/**
 * The message a trigger passes in. Accepting it resolves when the message is stored (durable) or has its reply
 * (sync).
 */
export interface Arrival {
  readonly message: Message;
  /** Overrides the flow's dedupe expression if the protocol has a better key (timers: the planned instant). */
  readonly dedupeKey?: string;
}

export type ArrivalResult =
  | { readonly status: 'accepted'; readonly executionId: string }
  | { readonly status: 'duplicate'; readonly executionId: string }
  | { readonly status: 'refused'; readonly error: ErrorRecord };

export interface TriggerContext<Config> {
  readonly config: Config;
  readonly adapter: Adapter | undefined;
  /** Must be checked before every connection. */
  readonly outbound: OutboundGuard;
  readonly flowId: string;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** TLS material for listeners, as PEM. Plain text is allowed on loopback only. */
  tls(): Promise<{ readonly cert: string; readonly key: string; readonly ca?: string } | undefined>;
  secret(name?: string): Promise<string>;
  /** The last planned instant that was accepted, for timers; undefined at first. */
  lastPlanned(): Promise<number | undefined>;
}

export type Emit = (arrival: Arrival) => Promise<ArrivalResult>;

export interface Stop {
  /** Accepts no further messages; resolves when those in flight have settled. */
  stop(): Promise<void>;
  /**
   * Resolves with the reason if the trigger cannot continue by itself. It is then stopped, and started again later,
   * here or in another process.
   */
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
  /** Must be checked before every connection. */
  readonly outbound: OutboundGuard;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called after each step. */
  readonly report?: ((step: ProbeStep) => void) | undefined;
  secret(name?: string): Promise<string>;
}

/** One operation that an adapter's other side offers, according to its own description. */
export interface Offer {
  readonly name: string;
  /** In the words of the other side. */
  readonly about?: string;
  /** The configuration of a node that calls it; fields left out keep their values. */
  readonly config: Readonly<Record<string, unknown>>;
  /** JSON Schemas of the data that the node then takes, and emits on success. */
  readonly takes: Readonly<Record<string, unknown>>;
  readonly gives: Readonly<Record<string, unknown>>;
}

/** A problem of a configuration beyond its schema. Has both languages, because a node type brings its own texts. */
export interface ConfigProblem {
  /** JSON Pointer into the configuration, `''` for the whole. */
  readonly path: string;
  readonly message: Text;
}

/** A message for trying out a node or flow. Invented: never data of a real person. */
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
  /** For a trigger: messages as it emits them. For other nodes: messages as they take them. */
  readonly samples?: readonly NodeSample[];
  /**
   * Fields of `config` that contain expressions, as JSON Pointers with `*`. Checked at publish, completed in the
   * designer.
   */
  readonly expressions?: readonly string[];
  /** Migrates the configuration of an older major. */
  upgrade?(old: unknown, fromMajor: number): Static<Schema>;
  /**
   * Returns problems that the schema cannot express, at validation; paths are relative to the configuration. It may
   * refuse more than `prepare`: versions published before a check existed keep running.
   */
  check?(config: Static<Schema>): readonly (ConfigProblem | Issue)[];
}

export interface ActionNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'action';
  readonly ports: { readonly in: readonly PortSpec[]; readonly out: readonly PortSpec[] };
  /** The protocol of the adapter it needs. */
  readonly adapter?: string;
  readonly effect: Effect | ((config: Static<Schema>) => Effect);
  /** Prepares the node for one configuration (at publish) and returns the function that runs per message. */
  prepare(config: Static<Schema>, build: BuildContext): RunNode<Static<Schema>>;
  probe?(ctx: ProbeContext): Promise<Health>;
  /**
   * Returns what the other side describes as its operations (a WSDL); changes nothing there. Rejects with an
   * AppError.
   */
  offers?(ctx: ProbeContext): Promise<readonly Offer[]>;
}

export interface TriggerNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'trigger';
  readonly ports: { readonly in: readonly []; readonly out: readonly PortSpec[] };
  readonly adapter?: string;
  /**
   * Absent for triggers that others fire (an interface call). Resolves when it is listening; rejects if it cannot
   * listen.
   */
  listen?(ctx: TriggerContext<Static<Schema>>, emit: Emit): Promise<Stop>;
  /**
   * Returns headers and business keys read from the content of a message; called again when a person corrects the
   * content. Throws an AppError if it would refuse the content. Absent if it reads none.
   */
  describe?(config: Static<Schema>, message: Message): Pick<Message, 'headers' | 'keys'>;
  /** Names of the business keys its messages may have. Absent if unknown. */
  keyNames?(config: Static<Schema>): readonly string[];
  probe?(ctx: ProbeContext): Promise<Health>;
}

/**
 * Control nodes are a closed set that the planner knows by role. Their `prepare` chooses ports and never changes the
 * graph.
 */
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

/**
 * What `prepare` may use: compilers of the engine, so that nodes need not import them. Each throws an `input`
 * AppError on bad text.
 */
export interface BuildContext {
  /** Compiles an expression to a function of the scope. */
  compileExpression(expression: string): (scope: Scope) => unknown;
  /** Compiles a structured condition rule (see `expression-types.ts`). */
  compileCondition(rule: unknown): (scope: Scope) => boolean | Promise<boolean>;
}

/** Only for type inference; returns its input. */
export function defineNode<Schema extends TObject>(definition: ActionNode<Schema>): ActionNode<Schema>;
export function defineNode<Schema extends TObject>(definition: TriggerNode<Schema>): TriggerNode<Schema>;
export function defineNode<Schema extends TObject>(definition: ControlNode<Schema>): ControlNode<Schema>;
export function defineNode(definition: NodeDefinition): NodeDefinition {
  return definition;
}

/** `type@major`: the name by which a flow refers to a definition. */
export function typeName(definition: Pick<NodeDefinition, 'type' | 'major'>): string {
  return `${definition.type}@${definition.major}`;
}

/** The usual ports of an action. */
export const inPort: PortSpec = { name: 'in', label: { 'zh-CN': '输入', en: 'In' } };
export const okPort: PortSpec = { name: 'ok', label: { 'zh-CN': '成功', en: 'OK' } };
export const errorPort: PortSpec = { name: 'error', label: { 'zh-CN': '错误', en: 'Error' } };
export const outPort: PortSpec = { name: 'out', label: { 'zh-CN': '输出', en: 'Out' } };
