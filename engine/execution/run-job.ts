/** The input of a run, what the run reports to its journal, and how it ends. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { Outcome, Reply } from '../contract/node/node.ts';
import type { SandboxUser } from '../contract/node/sandbox-wait.ts';
import type { Emits } from '../plan/progress.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';
import type { StepRecord } from './execution-document.ts';
import type { TableSnapshot } from '../bindings/interface.ts';

export interface SettledStep {
  readonly record: StepRecord;
  readonly node: CompiledNode;
  /** Undefined for skipped nodes and for errors that no port handled. */
  readonly emits: Emits<Message> | undefined;
}

/** The outcome of a node, known from an earlier claim. */
export type KnownOutcome = { readonly emits: Emits<Message> } | { readonly error: ErrorRecord };

/** A write that is about to be sent. */
export interface AnnouncedWrite {
  /** The idempotency key that is sent with the write. */
  readonly key: string;
  readonly message: Message;
}

export interface Journal {
  /**
   * Called before a node that changes another system starts; `announced` is set for a `write`. Resolves when the node
   * may send.
   */
  before(announced: AnnouncedWrite | undefined, step: StepRecord): Promise<void>;
  /**
   * Called before a step waits with a token. Returns the execution and step that already wait with this token, if there
   * are any. Absent where runs cannot wait for messages.
   */
  waiting?(token: string, step: string, untilMs: number): Promise<TokenHolder | undefined>;
  /** Called if the run halted before an announced step started: nothing was sent. */
  notBegun?(node: string, path: string): void;
  /**
   * Called if a write was certainly not done and its step stays open. The step runs again if a person retries the
   * execution.
   */
  refused?(step: Pick<StepRecord, 'node' | 'scope'>): void;
  /**
   * Called when a node has settled. For a node that changes another system in a loop iteration, resolves when the
   * result is stored.
   */
  settled(step: SettledStep): Promise<void> | void;
}

/** The execution and step that wait with a token. */
export interface TokenHolder {
  readonly execution: string;
  readonly step: string;
}

export interface WaitPoint {
  readonly node: string;
  readonly path: string;
  /** The end of the wait, in epoch milliseconds. */
  readonly untilMs: number;
  /** Set if the wait is for a message: the token that identifies the message. */
  readonly resumeToken?: string;
  /** Set if the wait is for a retry: the attempts made so far, and when the first one started (epoch milliseconds). */
  readonly attempts?: number;
  readonly triedSince?: number;
  /** Why the latest attempt failed; absent when this run made no attempt. */
  readonly error?: ErrorRecord;
}

/** The strongest effect that is known to have changed another system. */
export type Written = 'write' | 'idempotent-write';

export interface Waited {
  readonly untilMs: number;
  readonly attempts?: number;
  readonly triedSince?: number;
  readonly resumedWith?: Message;
}

export type RunEnd =
  | { readonly status: 'completed'; readonly reply: Reply | undefined }
  | {
      readonly status: 'failed';
      readonly error: ErrorRecord;
      readonly node: string;
      /** The failed step, whose error no route of the flow handled. */
      readonly stopped: StepRecord;
      readonly reply: Reply | undefined;
      readonly isDeadLetter: boolean;
    }
  | {
      readonly status: 'held';
      readonly error: ErrorRecord;
      readonly node: string;
      readonly path: string;
      /** The step that failed; absent if no step failed. */
      readonly stopped?: StepRecord;
      readonly outcomeKnown: boolean;
      /** The waits of other branches, which stay valid while the execution is held. */
      readonly waits?: readonly WaitPoint[];
      readonly reply: Reply | undefined;
      /** True if a write is known to be done. */
      readonly hasWritten?: boolean;
      /** True if the run failed after a write was done, and is held for that reason. */
      readonly isFailedAfterWrite?: boolean;
    }
  | { readonly status: 'waiting'; readonly waits: readonly WaitPoint[]; readonly reply: Reply | undefined }
  /** `isUnknown`: it is unknown whether an announced write was done. `hasWritten`: another write was done. */
  | { readonly status: 'cancelled'; readonly isUnknown: boolean; readonly hasWritten: boolean }
  /**
   * Another process owns the execution, or the store is unreachable. This process must not send or store anything
   * more for it.
   */
  | { readonly status: 'lost'; readonly cause: unknown };

/** Returns the reply that the run made before it ended, whatever the end. */
export function replyOf(end: RunEnd): Reply | undefined {
  return 'reply' in end ? end.reply : undefined;
}

/** Counts the executions of one flow version. */
export interface FlowTally {
  /** Called when a run starts. `isFirst`: the execution starts for the first time, so its trigger fired. */
  begin(isFirst: boolean): void;
  step(record: Pick<StepRecord, 'node' | 'status' | 'ports'>): void;
  /**
   * Called once for each `begin`, whatever happened. The duration is undefined if the run is only a part of another
   * execution.
   */
  end(end: RunEnd, durationMs: number | undefined): void;
}

export interface RunJob extends RunFacts {
  readonly input: Message;
  readonly journal: Journal;
  /**
   * For a called flow: the calling step, which records the waits of the called flow for the sandbox. If absent, each
   * step records its own waits.
   */
  readonly user?: SandboxUser | undefined;
  /** Absent in trials, which are not counted. */
  readonly tally?: FlowTally | undefined;
  readonly known: ReadonlyMap<string, KnownOutcome>;
  /** Waits registered by earlier claims, by step key, each with the message that arrived for it. */
  readonly waited: ReadonlyMap<string, Waited>;
  /** The longest wait that the run sleeps through; longer ones end the run as `waiting`. */
  readonly maxSleepMs: number;
  /** Throws an AppError if the caller cannot get this reply. The step that made it then fails. */
  readonly checkReply?: ((reply: Reply) => void) | undefined;
  /** Called once with the reply, if the run continues after it. */
  readonly onReply?: (reply: Reply) => void;
  /**
   * Called if a write was done, and then an error occurs that no route of the flow handles. Returns true if the
   * execution must be held. If absent, such an error fails like any other: in trials, and in called flows, where the
   * caller decides.
   */
  readonly holdsAfterWrite?: (written: Written, error: ErrorRecord) => boolean;
  /** Called with the input when a node starts or its outcome is already known. Used to show a run to people. */
  readonly entering?: (nodeId: string, path: string, message: Message) => void;
  /** Returns the outcome to use instead of running the node, in trials and saved tests. */
  readonly mock?: (nodeId: string, message: Message, path: string) => Outcome | Promise<Outcome> | undefined;
}

/** The known outcomes and waits of an execution at its start: none. */
export const NO_KNOWN_OUTCOMES: RunJob['known'] = new Map();
export const NO_WAITS: RunJob['waited'] = new Map();

/** Returns the key of a step within its execution. */
export function stepKey(path: string, node: string): string {
  return path === '' ? node : `${path}/${node}`;
}

/** The facts about one execution that its nodes use. */
export interface RunFacts {
  readonly flow: CompiledFlow;
  readonly executionId: string;
  /** All idempotency keys that the nodes send derive from it. */
  readonly origin: string;
  readonly acceptedAt: number;
  readonly tables: TableSnapshot;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** If true, the run waits for a busy adapter (durable); if false, the busy adapter refuses the call (sync). */
  readonly mayWait: boolean;
  /**
   * The worker's slot. The run releases the slot while it waits for a busy adapter, so that one slow hospital does not
   * use up all slots.
   */
  readonly slot?: Slot;
  /** The number of nested flow calls above this run. */
  readonly depth: number;
  /** Throws LostExecution if this process no longer owns the execution. */
  readonly assertOwned: () => void;
  /** Called by a node that writes, just before its first byte; only trials need it. */
  readonly sending?: (nodeId: string) => void;
  /** The W3C trace context of the span of this run; absent if the run is not traced. */
  readonly traceparent?: string | undefined;
}

export interface Slot {
  release(): void;
  /**
   * Takes a slot again, before executions that have not started: this one holds a place at its adapter, and the others
   * would only come to wait for such a place.
   */
  resume(): Promise<void>;
}
