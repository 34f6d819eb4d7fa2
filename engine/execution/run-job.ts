/** The input of a run, what it reports to its journal, and how it ends. */
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

/** The outcome of a node that is known from an earlier claim. */
export type KnownOutcome = { readonly emits: Emits<Message> } | { readonly error: ErrorRecord };

/** What a `write` is about to send. */
export interface Announced {
  /** Its outward idempotency key. */
  readonly key: string;
  readonly message: Message;
}

export interface Journal {
  /**
   * Called before a node with a lasting effect starts; `announced` is set for a `write`. Resolves when the node may
   * send.
   */
  before(announced: Announced | undefined, step: StepRecord): Promise<void>;
  /**
   * Called before a step waits under a token. Returns the other wait if one already holds the token. Absent where
   * runs cannot wait for messages.
   */
  waiting?(token: string, step: string, untilMs: number): Promise<TokenHolder | undefined>;
  /** Called when another branch stopped an announced step before it started: nothing was sent. */
  notBegun?(node: string, path: string): void;
  /**
   * Called when a write was surely not done and its step stays open. The step runs again when a person retries the
   * execution.
   */
  refused?(step: Pick<StepRecord, 'node' | 'scope'>): void;
  /** Called when a node has settled. May resolve later for iterations, whose results are stored one by one. */
  settled(step: SettledStep): Promise<void> | void;
}

/** The wait of an execution that a token stands for. */
export interface TokenHolder {
  readonly execution: string;
  readonly step: string;
}

export interface WaitPoint {
  readonly node: string;
  readonly path: string;
  /** When the wait times out, in epoch milliseconds. */
  readonly untilMs: number;
  /** Set for a wait for an outside message. */
  readonly resumeToken?: string;
  /** Set for a retry: attempts made so far, and when the first began (epoch milliseconds). */
  readonly attempts?: number;
  readonly triedSince?: number;
  /** Why the latest attempt failed; absent when this run made no attempt. */
  readonly error?: ErrorRecord;
}

/** The strongest effect outside that is known to be done. */
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
      /** The failed step, which no route of the flow handled. */
      readonly stopped: StepRecord;
      readonly reply: Reply | undefined;
      readonly isDeadLetter: boolean;
    }
  | {
      readonly status: 'held';
      readonly error: ErrorRecord;
      readonly node: string;
      readonly path: string;
      /** The step that failed; absent if none did. */
      readonly stopped?: StepRecord;
      readonly outcomeKnown: boolean;
      /** Waits of other branches. */
      readonly waits?: readonly WaitPoint[];
      readonly reply: Reply | undefined;
      /** A write is known to be done. */
      readonly hasWritten?: boolean;
      /** The run would have failed if no write had been done. */
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

/** The reply the run made before it ended, whatever the end. */
export function replyOf(end: RunEnd): Reply | undefined {
  return 'reply' in end ? end.reply : undefined;
}

/** Counts the executions of one flow version. */
export interface FlowTally {
  /** `isFirst`: the execution starts for the first time, so its trigger fired. */
  begin(isFirst: boolean): void;
  step(record: Pick<StepRecord, 'node' | 'status' | 'ports'>): void;
  /** Each `begin` has one `end`, whatever happened. The duration is undefined for a part of another execution. */
  end(end: RunEnd, durationMs: number | undefined): void;
}

export interface RunJob extends RunFacts {
  readonly input: Message;
  readonly journal: Journal;
  /**
   * For a called flow: the calling step, which records its waits for the sandbox. If absent, each step records its
   * own.
   */
  readonly user?: SandboxUser | undefined;
  /** Absent in trials, which are not counted. */
  readonly tally?: FlowTally | undefined;
  readonly known: ReadonlyMap<string, KnownOutcome>;
  /** Waits registered by earlier claims, by step key, each with the message that arrived for it. */
  readonly waited: ReadonlyMap<string, Waited>;
  /** Longest wait to sleep through in the run; longer ones end the run as `waiting`. */
  readonly maxSleepMs: number;
  /** Called once with the reply if the run still goes on after it. */
  readonly onReply?: (reply: Reply) => void;
  /**
   * Whether to hold a failure that no route of the flow handles, because of an earlier write. If absent, it fails
   * like any other: in trials, and in called flows, where the caller decides.
   */
  readonly holdsAfterWrite?: (written: Written, error: ErrorRecord) => boolean;
  /** Called with the input when a node starts or its outcome is already known. Used to show a run to people. */
  readonly entering?: (nodeId: string, path: string, message: Message) => void;
  /** Returns the outcome in place of the node, in trials and saved tests. */
  readonly mock?: (nodeId: string, message: Message, path: string) => Outcome | Promise<Outcome> | undefined;
}

/** The state of an execution at its start. */
export const NOTHING_KNOWN: RunJob['known'] = new Map();
export const NOTHING_WAITED: RunJob['waited'] = new Map();

/** The key of a step within its execution. */
export function stepKey(path: string, node: string): string {
  return path === '' ? node : `${path}/${node}`;
}

/** One execution as its nodes see it. */
export interface RunFacts {
  readonly flow: CompiledFlow;
  readonly executionId: string;
  /** All outward keys derive from it. */
  readonly origin: string;
  readonly acceptedAt: number;
  readonly tables: TableSnapshot;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** True: the run waits for a busy adapter (durable). False: it is refused (sync). */
  readonly mayWait: boolean;
  /**
   * The worker's slot. The run releases it while it waits for a busy adapter, so that one slow hospital does not use
   * up all slots.
   */
  readonly slot?: Slot;
  /** The number of nested flow calls above this run. */
  readonly depth: number;
  /** Throws LEASE_LOST when this process no longer owns the execution. */
  readonly assertOwned: () => void;
  /** W3C trace context of the span of this run; absent when it is not traced. */
  readonly traceparent?: string | undefined;
}

export interface Slot {
  release(): void;
  acquire(): Promise<void>;
}
