/**
 * The contract between engine and nodes. A node has no access to storage, queue or graph; it only returns what it
 * emits. Each file `nodes/<protocol>/<verb>.node.ts` has an `export default defineNode({...})`; the registry finds it
 * by scanning the folder.
 */
import type { Static, TObject } from 'typebox';
import type { Adapter } from './adapter.ts';
import type { CallDoor } from './call-door.ts';
import type { Collections } from './collections.ts';
import type { BusEvents } from '../values/bus-event.ts';
import type { Clock } from '../values/clock.ts';
import type { ErrorRecord, Issue } from '../values/errors.ts';
import type { Message } from '../values/message.ts';
import type { Logger } from '../values/observe.ts';
import type { FileAccess } from './file-access.ts';
import type { FlowState } from './flow-state.ts';
import type { OutboundGuard } from './outbound-guard.ts';
import type { Health, ProbeContext } from './probe.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { SandboxUser } from './sandbox-wait.ts';
import type { Text } from '../values/texts.ts';

/**
 * - `pure`: depends only on the message; may run again at any time.
 * - `read`: queries another system and changes nothing there.
 * - `idempotent-write`: changes something; repeating it with the same key has no further effect.
 * - `write`: each repetition changes something again. It is never retried automatically once its first byte may have
 * been sent.
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
   * The reply for the caller of this execution. The message then leaves by the port `out`. Only reply nodes use this.
   */
  | { readonly reply: Reply; readonly emit?: Readonly<Record<string, readonly Message[]>> }
  /** Rejects the message with an `input` error. */
  | { readonly reject: ErrorRecord };

/** What a caller gets. An execution has at most one reply. */
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
  /**
   * The time when the message was accepted, in epoch milliseconds: `now` in expressions. It does not change on a
   * retry.
   */
  readonly now: number;
  /** Set inside a loop of a mapping: the source of `item`, `index` and `outer`. */
  readonly loop?: Loop;
  /** The step that evaluates the expressions. The time that they wait for a free sandbox is recorded with this step. */
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
  /**
   * The adapter of the node, with the settings of this environment. Set if and only if the definition names a protocol
   * in `adapter`.
   */
  readonly adapter: Adapter | undefined;
  /** Must be checked before every connection. */
  readonly outbound: OutboundGuard;
  /** Must be asked before every access to a file. */
  readonly files: FileAccess;
  /** The state that the flows of this flow's domain share. Pass `idempotencyKey` as the `act` of a change. */
  readonly state: FlowState;
  /** The collections that the flows of this flow's domain share. */
  readonly collections: Collections;
  /** Aborted on node time-out, deadline or cancel. Every wait and every socket must respect it. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which the result is no longer needed. */
  readonly deadlineMs: number;
  /** A hash of origin, node and iteration. It stays the same on every retry, and differs in a replay. */
  readonly idempotencyKey: string;
  /** The number of the attempt; the first is 1. */
  readonly attempt: number;
  readonly executionId: string;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly log: Logger;
  /** The W3C trace context of this attempt, for protocols that can send one. Absent if the attempt is not traced. */
  readonly traceparent?: string | undefined;
  /** Returns a random number. The seed is `idempotencyKey`, so each retry gets the same numbers. */
  random(): number;
  /**
   * Returns the credential of the node's adapter, or of the adapter with the id `name`. Send it only to the system it
   * belongs to. Never put it into a message or log.
   */
  secret(name?: string): Promise<string>;
  /**
   * For large payloads. A blob is kept as long as an execution whose data names it (`blobId`, see `BlobRef`); one that no
   * execution names is removed after a day. A node that writes a blob is not `pure`.
   */
  readonly blobs: Blobs;
  /**
   * Looks up a key in a code table, in the version pinned for this execution. Throws CODE_UNKNOWN (input) if the table
   * has neither the key nor a fallback.
   */
  lookup(table: string, key: string): string;
  /** Evaluates an expression of the configuration. The engine compiles it once and caches it. */
  evaluate(expression: string, scope?: Scope): Promise<unknown> | unknown;
  /** Runs script text in the sandbox, isolated from the process, within the limits. */
  runScript(source: string, input: unknown, limits?: { readonly timeoutMs?: number; readonly memoryBytes?: number }): Promise<unknown>;
  /**
   * Runs another published flow inline with this message and returns its reply. The idempotency keys of the called flow
   * derive from the idempotency key of this node.
   */
  callFlow(flowId: string, message: Message): Promise<Message>;
  /**
   * A `write` node must call this just before it sends the first byte. Throws if the attempt was aborted, or if this
   * worker no longer owns the execution. The node must then send nothing.
   */
  beforeFirstByte(): void;
}

/**
 * The function that runs for each message. `prepare` creates it once, at publish. Work that depends only on the
 * configuration (compiling schemas or closures) belongs in `prepare`, not in this function.
 */
export type RunNode<Config> = (ctx: NodeContext<Config>, message: Message) => Promise<Outcome> | Outcome;

/**
 * A message that a trigger received. The promise that `Emit` returns resolves when the message is stored (durable
 * flows) or has its reply (sync flows).
 */
export interface Arrival {
  readonly message: Message;
  /** Replaces the flow's dedupe expression if the protocol has a better key (for a timer: the planned time). */
  readonly dedupeKey?: string;
  /** In a sync flow: throws an AppError if the reply cannot be sent. The step that made it then fails, and `emit` refuses. */
  readonly checkReply?: (reply: Reply) => void;
}

export type ArrivalResult =
  | { readonly status: 'accepted'; readonly executionId: string }
  | { readonly status: 'duplicate'; readonly executionId: string }
  /** Only in a sync flow, whose trigger has `canReply`: the reply for the sender. */
  | { readonly status: 'replied'; readonly executionId: string; readonly reply: Reply }
  | { readonly status: 'refused'; readonly error: ErrorRecord };

export interface TriggerContext<Config> {
  readonly config: Config;
  readonly adapter: Adapter | undefined;
  /** Must be checked before every connection. */
  readonly outbound: OutboundGuard;
  /** Must be asked before every access to a file. */
  readonly files: FileAccess;
  readonly flowId: string;
  readonly nodeId: string;
  /** True in a sync flow: `emit` resolves with `replied` or `refused`. Only for a trigger with `canReply`. */
  readonly replies: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** TLS material for listeners, as PEM. Plain text is allowed on loopback only. */
  tls(): Promise<{ readonly cert: string; readonly key: string; readonly ca?: string } | undefined>;
  secret(name?: string): Promise<string>;
  /** Returns the last planned time that was accepted, for timers; undefined if there was none yet. */
  lastPlanned(): Promise<number | undefined>;
  /** For payloads that are too large for a message: the message names the blob in its data, as `BlobRef` does. */
  readonly blobs: Blobs;
  /** The topics of the bus, with the events that the flow's domain may see. */
  readonly busEvents: BusEvents;
  /** The collections that the flows of this flow's domain share. */
  readonly collections: Collections;
  /**
   * Reports that a message was put aside (a folder of refused mails or files), so that the console shows how many there are
   * and why. For what the engine refused and the sender keeps, there is no need.
   */
  reportRefusal(error: ErrorRecord): void;
  /** How far a polling trigger has read. It outlives the process, and the next process to listen continues from it. */
  readonly position: TriggerPosition;
}

/**
 * A position is only a hint to where reading may begin: it is kept after the arrivals before it are accepted, so what
 * was read after it is read again after a crash, and must be recognised by its dedupe key.
 */
export interface TriggerPosition {
  /** Returns the kept position; undefined if there is none, or if it was kept for another `source` (another query). */
  read(source: string): Promise<string | undefined>;
  keep(source: string, position: string): Promise<void>;
}

export type Emit = (arrival: Arrival) => Promise<ArrivalResult>;

export interface Stop {
  /** Accepts no further messages; resolves when those in flight have settled. */
  stop(): Promise<void>;
  /**
   * Resolves with the reason if the trigger cannot continue. The engine then stops it and starts it again later, in
   * this or another process.
   */
  readonly ended?: Promise<unknown>;
}

/** One operation that the system behind an adapter offers, read from that system's own description. */
export interface Offer {
  readonly name: string;
  /** What the other system says about the operation. */
  readonly about?: string;
  /** The configuration for a node that calls this operation. Fields left out keep their values. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fields that the author goes on to fill in, for example an example of a header. */
  readonly initial?: Readonly<Record<string, unknown>>;
  /** What is wrong or unknown in the description of this operation, each with its place. */
  readonly problems?: readonly ErrorRecord[];
  /** JSON Schemas of the data that a node with this configuration takes, and of the data it emits on success. */
  readonly takes: Readonly<Record<string, unknown>>;
  readonly gives: Readonly<Record<string, unknown>>;
}

/**
 * A problem of a configuration that its schema cannot express. It has texts in both languages, because a node type
 * brings its own texts.
 */
export interface ConfigProblem {
  /** JSON Pointer into the configuration, `''` for the whole. */
  readonly path: string;
  readonly message: Text;
}

/** A message for trying out a node or flow. The data is invented, never data of a real person. */
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
  /** `words`: what else people call it, in any language. The designer's search finds the node by them. */
  readonly text: { readonly label: Text; readonly help: Text; readonly words?: string };
  readonly config: Schema;
  /** For a trigger: messages that it emits. For other nodes: messages that they take. */
  readonly samples?: readonly NodeSample[];
  /**
   * The fields of `config` that contain expressions, as JSON Pointers with `*`. The expressions are checked at
   * publish, and the designer completes them.
   */
  readonly expressions?: readonly string[];
  /** Converts a configuration of an older major version to this version. */
  upgrade?(old: unknown, fromMajor: number): Static<Schema>;
  /** What is different from the previous major version, in short sentences. The designer shows them before an upgrade. */
  readonly upgradeChanges?: readonly Text[];
  /**
   * Returns problems that the schema cannot express. Called at validation, with the mode of the flow; paths are relative
   * to the configuration. It may refuse configurations that `prepare` accepts, so that versions published before a check
   * existed keep running.
   */
  check?(config: Static<Schema>, mode?: 'sync' | 'durable'): readonly (ConfigProblem | Issue)[];
}

export interface ActionNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'action';
  readonly ports: { readonly in: readonly PortSpec[]; readonly out: readonly PortSpec[] };
  /** The protocol of the adapter that the node needs; absent if it needs none. */
  readonly adapter?: string;
  readonly effect: Effect | ((config: Static<Schema>) => Effect);
  /** Prepares the node for one configuration (at publish) and returns the function that runs per message. */
  prepare(config: Static<Schema>, build: BuildContext): RunNode<Static<Schema>>;
  probe?(ctx: ProbeContext): Promise<Health>;
  /**
   * Returns the operations that the other system describes (for example in a WSDL); changes nothing there. Rejects
   * with an AppError if they cannot be read.
   */
  offers?(ctx: ProbeContext): Promise<readonly Offer[]>;
}

export interface TriggerNode<Schema extends TObject = TObject> extends Described<Schema> {
  readonly kind: 'trigger';
  readonly ports: { readonly in: readonly []; readonly out: readonly PortSpec[] };
  readonly adapter?: string;
  /**
   * True if several flows may use one adapter, because the trigger connects to the other system and takes only what its
   * configuration names. Otherwise, one flow at a time occupies the address of the adapter.
   */
  readonly sharesAdapter?: true;
  /** Returns the name of what only one flow of a domain may take, for example that of a collection. */
  takesAlone?(config: Static<Schema>): string | undefined;
  /**
   * True if the trigger can send the reply of a sync flow. Other listeners need a durable flow, because they acknowledge a
   * message before the work is done.
   */
  readonly canReply?: true;
  /**
   * Starts listening and resolves when the trigger listens; rejects if it cannot listen. Absent for triggers that
   * something else fires (an interface call).
   */
  listen?(ctx: TriggerContext<Static<Schema>>, emit: Emit): Promise<Stop>;
  /** Returns the door of a trigger that an interface call fires. Called once per published version; does no I/O. */
  door?(config: Static<Schema>): CallDoor;
  /**
   * Throws an AppError if the sender of the message cannot get the reply. Called for sync flows, also when a worker or a
   * person makes the reply later. Absent if there is a door, or if every reply can be sent.
   */
  checkReply?(message: Message, reply: Reply): void;
  /**
   * Returns the headers and business keys that the trigger reads from the content of a message. Also called when a
   * person corrects the content. Throws an AppError if the trigger would refuse the content. Absent if the trigger
   * reads none.
   */
  describe?(config: Static<Schema>, message: Message): Pick<Message, 'headers' | 'keys'>;
  /** Returns the names of the business keys that messages of this trigger may have. Absent if they are unknown. */
  keyNames?(config: Static<Schema>): readonly string[];
  probe?(ctx: ProbeContext): Promise<Health>;
}

/**
 * The roles of control nodes, which the planner handles in code; node authors cannot add roles. The `prepare` of a
 * control node chooses ports and never changes the graph.
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
 * Compilers of the engine for `prepare`, so that nodes need not import them. Each throws an AppError (input) if the
 * text is invalid.
 */
export interface BuildContext {
  /** Compiles an expression to a function of the scope. */
  compileExpression(expression: string): (scope: Scope) => unknown;
  /** Compiles a structured condition rule (see `expression-types.ts`). */
  compileCondition(rule: unknown): (scope: Scope) => boolean | Promise<boolean>;
}

/** Returns its input; exists only for type inference. */
export function defineNode<Schema extends TObject>(definition: ActionNode<Schema>): ActionNode<Schema>;
export function defineNode<Schema extends TObject>(definition: TriggerNode<Schema>): TriggerNode<Schema>;
export function defineNode<Schema extends TObject>(definition: ControlNode<Schema>): ControlNode<Schema>;
export function defineNode(definition: NodeDefinition): NodeDefinition {
  return definition;
}

/** Returns `type@major`, the name that flows use for a definition. */
export function typeName(definition: Pick<NodeDefinition, 'type' | 'major'>): string {
  return `${definition.type}@${definition.major}`;
}

/** The usual ports of an action. */
export const inPort: PortSpec = { name: 'in', label: { 'zh-CN': '输入', en: 'In' } };
export const okPort: PortSpec = { name: 'ok', label: { 'zh-CN': '成功', en: 'OK' } };
export const errorPort: PortSpec = { name: 'error', label: { 'zh-CN': '错误', en: 'Error' } };
export const outPort: PortSpec = { name: 'out', label: { 'zh-CN': '输出', en: 'Out' } };
