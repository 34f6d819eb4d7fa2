/** What the runner is given, what it tells its journal, and how a run ends. */
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
  /** Undefined for skipped nodes and for errors that no port took. */
  readonly emits: Emits<Message> | undefined;
}

/** What is already known of a node from an earlier claim. */
export type KnownOutcome = { readonly emits: Emits<Message> } | { readonly error: ErrorRecord };

/** What a `write` is about to send. */
export interface Announced {
  /** Its outward key. */
  readonly key: string;
  readonly message: Message;
}

export interface Journal {
  /** Before a node with a lasting effect begins; `announced` for a `write`. Resolves when it may send. */
  before(announced: Announced | undefined, step: StepRecord): Promise<void>;
  /** Before a step waits under a token. Answers which wait has it where it is not this one's. Absent: nobody is waited for. */
  waiting?(token: string, step: string, untilMs: number): Promise<TokenHolder | undefined>;
  /** Of an announced step that another branch stopped before it began: nothing was sent. */
  notBegun?(node: string, path: string): void;
  /** A write was surely not done, and its step stays open: it runs again when a person lets the execution go on. */
  refused?(step: Pick<StepRecord, 'node' | 'scope'>): void;
  /** A node settled. May resolve later for iterations, whose results are stored one by one. */
  settled(step: SettledStep): Promise<void> | void;
}

/** The wait of an execution that a token is to stand for. */
export interface TokenHolder {
  readonly execution: string;
  readonly step: string;
}

export interface WaitPoint {
  readonly node: string;
  readonly path: string;
  /** Epoch milliseconds: when it is over without anything happening. */
  readonly untilMs: number;
  /** A wait for somebody's message. */
  readonly resumeToken?: string;
  /** A retry: attempts made so far, and when the first began (epoch milliseconds). */
  readonly attempts?: number;
  readonly triedSince?: number;
  /** Why the latest attempt failed; absent where this run made none. */
  readonly error?: ErrorRecord;
}

/** The strongest effect that is known to have been done outside. */
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
      /** Its last step, which no route of the flow took over. */
      readonly stopped: StepRecord;
      readonly reply: Reply | undefined;
      readonly isDeadLetter: boolean;
    }
  | {
      readonly status: 'held';
      readonly error: ErrorRecord;
      readonly node: string;
      readonly path: string;
      /** The step that failed; absent where none did. */
      readonly stopped?: StepRecord;
      readonly outcomeKnown: boolean;
      /** What other branches wait for. */
      readonly waits?: readonly WaitPoint[];
      readonly reply: Reply | undefined;
      /** A write is known to have been done. */
      readonly hasWritten?: boolean;
      /** It would have failed, had nothing been written. */
      readonly isFailedAfterWrite?: boolean;
    }
  | { readonly status: 'waiting'; readonly waits: readonly WaitPoint[]; readonly reply: Reply | undefined }
  /** `isUnknown`: a write was announced, and whether it was done is known to nobody. `hasWritten`: another one was done. */
  | { readonly status: 'cancelled'; readonly isUnknown: boolean; readonly hasWritten: boolean }
  /** Somebody else owns the execution, or the store cannot be reached: nothing more may be done or stored here. */
  | { readonly status: 'lost'; readonly cause: unknown };

/** The reply that was made before the run ended, however it ended. */
export function replyOf(end: RunEnd): Reply | undefined {
  return 'reply' in end ? end.reply : undefined;
}

/** Where one version's executions are counted. */
export interface FlowTally {
  /** `isFirst`: it was never begun before, so its trigger fired. */
  begin(isFirst: boolean): void;
  step(record: Pick<StepRecord, 'node' | 'status' | 'ports'>): void;
  /** Each `begin` has one `end`, whatever became of it. Without a duration it was a part of another execution. */
  end(end: RunEnd, durationMs: number | undefined): void;
}

export interface RunJob extends RunFacts {
  readonly input: Message;
  readonly journal: Journal;
  /** Of a called flow: the step that calls it, which notes its waits for the sandbox. Absent: each step notes its own. */
  readonly user?: SandboxUser | undefined;
  /** Absent in trials, which nobody counts. */
  readonly tally?: FlowTally | undefined;
  readonly known: ReadonlyMap<string, KnownOutcome>;
  /** Waits registered by earlier claims, by step key, with the message that came for them. */
  readonly waited: ReadonlyMap<string, Waited>;
  /** Longest wait that is slept through here; longer ones end the run as `waiting`. */
  readonly maxSleepMs: number;
  /** Told of the reply once, when there is one and the run has not come to its end with it. */
  readonly onReply?: (reply: Reply) => void;
  /**
   * Whether a failure that no route of the flow takes is held because of what was written before. Absent: it fails like any other, in trials
   * and in called flows, whose caller decides.
   */
  readonly holdsAfterWrite?: (written: Written, error: ErrorRecord) => boolean;
  /** Told of each node that begins, or whose outcome is known, with its input: for people who look at a run. */
  readonly entering?: (nodeId: string, path: string, message: Message) => void;
  /** Answers instead of the node in trials and saved tests. */
  readonly mock?: (nodeId: string, message: Message, path: string) => Outcome | Promise<Outcome> | undefined;
}

/** Of an execution that begins. */
export const NOTHING_KNOWN: RunJob['known'] = new Map();
export const NOTHING_WAITED: RunJob['waited'] = new Map();

/** Names a step within its execution. */
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
  /** Durable runs wait for a busy adapter; sync ones are refused. */
  readonly mayWait: boolean;
  /** The worker's slot: given back while the run waits for a busy adapter, so that one slow hospital does not hold everybody's. */
  readonly slot?: Slot;
  /** How many flows called each other to come here. */
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
