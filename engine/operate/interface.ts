/**
 * The interface for the operations of people on executions. It is independent of HTTP. The caller checks permissions
 * and writes the audit log.
 */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { Reply } from '../contract/node/node.ts';
import type { ExecutionStatus, ResendPlace, StepRecord } from '../execution/execution-document.ts';
import type { ExecutionQuery, HeldSelection } from '../execution/execution-query.ts';
import type { FlowScope } from '../execution/scope-filters.ts';
import type { Standstill } from '../execution/standstill.ts';
import type { ResumeOutcome } from '../execution/wait-tokens.ts';

export interface ExecutionPage {
  readonly items: readonly ExecutionSummary[];
  /** The value for `after` to get the next page; undefined if there is none. */
  readonly next: string | undefined;
  /** Set if a search by trace id stopped early: executions that were accepted before this time were not searched. */
  readonly searchedFrom: number | undefined;
}

export interface ExecutionSummary {
  readonly executionId: string;
  readonly flowId: string;
  readonly version: number;
  readonly status: ExecutionStatus;
  readonly acceptedAt: number;
  readonly finishedAt: number | undefined;
  /** The time from acceptance to the end, in milliseconds. */
  readonly durationMs: number | undefined;
  readonly traceId: string | undefined;
  /** True if the messages are stored: the flow records in full, or the execution is still open. */
  readonly hasPayload: boolean;
  /** True if less is stored than the flow asks for, because the flow's daily quota was used up. */
  readonly isReduced: boolean;
  readonly attempt: number;
  readonly held: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number } | undefined;
  /** When the execution was held for the first time, however often it was retried and held again. */
  readonly heldSince: number | undefined;
  /** Set while the execution waits for a retry: the time of the next attempt, and the code of the last error. */
  readonly retrying: { readonly nextAt: number; readonly code?: string } | undefined;
  /** True if a write was done before the execution was held, or before a person ended it. */
  readonly hasWritten: boolean;
  /**
   * True if it is unknown whether an announced write was done; the execution is held for that reason, or was cancelled
   * in that state.
   */
  readonly isUnknown: boolean;
  /** The execution whose message this one resends. */
  readonly replayOf: string | undefined;
  /** Set on a resend: its position in the lane. */
  readonly place: ResendPlace | undefined;
  /** The execution that replaced this one while it was held. */
  readonly replacedBy: string | undefined;
  readonly error: ErrorRecord | undefined;
}

export interface ExecutionDetails extends ExecutionSummary {
  /** Set if the execution is in the archive: people can only look at it and resend it. */
  readonly isArchived?: true;
  /** The executions that resent the message of this one. */
  readonly replays: readonly string[];
  readonly isLaneKept: boolean;
  readonly steps: readonly StepRecord[];
  /**
   * The nodes where the execution has stopped or failed. `steps` does not contain them, because they are not settled.
   */
  readonly standstills: readonly Standstill[];
  /** Announced writes without a stored outcome. */
  readonly intents: readonly { readonly node: string; readonly key: string; readonly at: number }[];
  /** Writes that were done before the flow failed or was cancelled, with the keys that the other side received. */
  readonly doneWrites: readonly { readonly node: string; readonly scope: string; readonly key: string }[];
  /** The person who ended the execution as done, and when. */
  readonly concluded: { readonly by: string; readonly at: number } | undefined;
  readonly lateOutcomes: readonly { readonly node: string; readonly at: number; readonly status: string }[];
  /**
   * The opened input. Input, inputs, outputs and reply are set only on request; the caller has checked the right
   * `executions.payload`.
   */
  readonly input?: Message;
  /**
   * The input of each step, by step key: the node, or `<iteration>/<node>` in a loop. Includes the step at which the
   * execution stopped.
   */
  readonly inputs?: Readonly<Record<string, Message>>;
  /** The output of each step, by step key and port. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, readonly Message[]>>>>;
  readonly reply?: Reply;
}

/** A file that a message names. */
export interface MessageFile {
  /** As the message calls it. */
  readonly name?: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Held executions with the same flow, node, error code and `outcomeKnown`. Usually they have one cause. */
export interface HeldGroup {
  readonly flowId: string;
  /** The flow version of the newest execution; the others may have run another version. */
  readonly version: number;
  readonly node: string;
  /** The error code. */
  readonly code: string;
  /** If false, the node's write may be done. A retry may then do it again, unless the other side recognises its key. */
  readonly outcomeKnown: boolean;
  readonly count: number;
  /** When the first and the last execution of the group were held. */
  readonly oldestAt: number;
  readonly newestAt: number;
  /** The ids of a few executions, newest first. */
  readonly examples: readonly string[];
}

export interface HeldGroups {
  /** The groups, largest first. */
  readonly groups: readonly HeldGroup[];
  readonly count: number;
  /** True if there are more than the 10,000 executions that were counted. */
  readonly more: boolean;
}

/**
 * A held execution as a person saw it. `epoch` distinguishes this hold from a later one. It is negative if the
 * execution was not held, or is outside the person's flows.
 */
export interface HeldItem {
  readonly executionId: string;
  readonly epoch: number;
}

/** The owner of an execution. `domain` is undefined if its flow version can no longer be read. */
export interface ExecutionOwner {
  readonly flowId: string;
  readonly domain: string | undefined;
}

export interface Resend {
  readonly actor: string;
  /** The status that the person saw. If it has changed, they must decide again. */
  readonly seen: ExecutionStatus;
  /** Returns the message to send in place of the stored one. */
  edit(message: Message): Message | Promise<Message>;
  /** The person confirms that the write with the unknown outcome was not done. */
  readonly acceptUnknown: boolean;
  /** If true, writes of the held execution that were done and are not idempotent are done again. */
  readonly acceptDone?: boolean;
  /** The claim epoch after which the execution was held. If it was held again since, the person must decide again. */
  readonly epoch?: number;
  /** A repeated request with this id for this execution returns the new execution of the first request. */
  readonly requestId?: string;
  /**
   * If true, new idempotency keys are used although the message is unchanged. Use it for a receiver that rejected the
   * message and would reject it again for the same key.
   */
  readonly newKeys?: boolean;
  /** Set on the new execution when it is released. */
  readonly marks?: { readonly bulk?: string };
}

/** How a person ends a held execution as done. */
export interface Conclusion {
  readonly actor: string;
  readonly reason: string;
  /** The attempt that the person saw. If it has changed, they must decide again. */
  readonly attempt: number;
  /** The person confirms that the write with the unknown outcome was done. */
  readonly wasDone: boolean;
  /**
   * The reply that the caller gets from now on for its Idempotency-Key. Without a reply, the caller gets the outcome
   * "done".
   */
  readonly reply?: Reply;
}

export interface Resent {
  readonly executionId: string;
  /** True if the old execution was held, and ends now. */
  readonly replaced: boolean;
  /**
   * `kept`: the new execution has the position of the old one, and the executions behind it in the lane wait for it.
   * `end-of-lane`: the new execution is a new message, behind all open executions of the lane.
   */
  readonly place: ResendPlace;
  /** True if this request was already carried out before. */
  readonly repeated: boolean;
}

/**
 * A selection of held executions, oldest first. If executions were selected by id, it also contains those that are not
 * held; the action reports them as `gone-on`.
 */
export interface HeldChoice {
  readonly items: readonly HeldItem[];
  readonly more: boolean;
  /** If only known outcomes were selected: the number of other executions that match and have an unknown outcome. */
  readonly unknownSkipped: number;
}

/**
 * `gone-on`: the execution was retried or cancelled since, or was never held. `missing`: it is not stored, or outside
 * the person's flows. `refused`: the action is not possible in its current state. A resend is refused if the message
 * is not stored, a write was done, or the flow is not published. A retry with the current tables is refused if a write
 * was or may have been done. Ending as done is refused if no write was or may have been done.
 */
export type HeldOutcome = 'done' | 'gone-on' | 'missing' | 'refused';

/**
 * What happened to the executions that a bulk operation retried or resent. An execution that another bulk has retried
 * since is counted by that bulk only.
 */
export interface BulkOutcome {
  /** The number of executions that completed. */
  readonly wentOn: number;
  readonly heldAgain: number;
  /** The number of executions that failed, or were cancelled since. */
  readonly failed: number;
  readonly underWay: number;
}

/**
 * The code tables for a retry. `then`: the tables with which the execution was accepted. `now`: the current tables,
 * which never-started executions behind it in its lane then get too.
 */
export type RetryTables = 'then' | 'now';

export interface BulkAct {
  readonly actor: string;
  readonly bulkId: string;
}

/** Values by the names of the keys; `large` if the message is too large to be opened for a list. */
export type BusinessKeys = Readonly<Record<string, string>> | 'large';

export interface ExecutionCatalog {
  /**
   * Lists executions, newest first. A page stays stable while new messages arrive. Rejects with STORE_CURSOR_GONE
   * (input) if the execution `after` was removed meanwhile.
   */
  list(query: ExecutionQuery): Promise<ExecutionPage>;
  get(executionId: string, options: { readonly payload: boolean }): Promise<ExecutionDetails | undefined>;
  /**
   * Opens a file (`BlobRef`) that a message of the execution names. Returns undefined if none does, if the file came from
   * an execution outside `within`, or if it is no longer stored. The caller has checked the right `executions.payload`.
   */
  openFile(executionId: string, blobId: string, within?: readonly FlowScope[]): Promise<MessageFile | undefined>;
  /**
   * Returns the business keys of up to 1,000 executions. Leaves out executions that are not stored, are outside
   * `within`, or have no stored keys. The caller has checked the right `executions.payload`.
   */
  keysOf(ids: readonly string[], within?: readonly FlowScope[]): Promise<Readonly<Record<string, BusinessKeys>>>;
  /** Returns the flow and domain of the execution, from the store or the archive; undefined if it does not exist. */
  ownerOf(executionId: string): Promise<ExecutionOwner | undefined>;
  /** Returns the open execution of the flow that waits with this token; undefined if there is none. */
  holderOf(flowId: string, token: string): Promise<string | undefined>;
  /**
   * Retries the held execution itself, with the same idempotency keys. Rejects with EXECUTION_NOT_HELD (input) if it is
   * not held or is being cancelled, and with RETRY_TABLES_KEPT (input) if the current tables were requested although a
   * write was done, or may have been done, with the old ones.
   */
  retry(executionId: string, actor: string, tables?: RetryTables): Promise<void>;
  /**
   * Makes the pending retries of the execution due now, each as its next attempt. Rejects with EXECUTION_NOT_RETRYING
   * (input) if no retry is pending: the execution runs, has ended, is being ended, or waits for a time or a message.
   */
  tryNow(executionId: string): Promise<void>;
  /**
   * Requests a cancel. The owner of the execution, or the process that takes it over, then ends it. Rejects with
   * EXECUTION_DONE (input) if it has already ended.
   */
  cancel(executionId: string, actor: string, reason: string): Promise<void>;
  /**
   * Ends a held execution as done, with status `completed`. No node of it runs again. Rejects with EXECUTION_NOT_HELD
   * (input) if it is not held as the person saw it, with EXECUTION_NOTHING_DONE (input) if no write was done, with
   * EXECUTION_DONE_UNKNOWN (input) if the outcome is unknown and the person did not confirm it, and with
   * EXECUTION_REPLY_REFUSED (input) if there is no caller for the reply, or the caller cannot get it.
   */
  conclude(executionId: string, conclusion: Conclusion): Promise<void>;
  heldGroups(within?: readonly FlowScope[]): Promise<HeldGroups>;
  /** Counts what happened to those of the items that the bulk retried. */
  bulkOutcome(items: readonly HeldItem[], bulkId: string): Promise<BulkOutcome>;
  /** Selects held executions for a bulk. Ids outside `within` are reported as missing. */
  selectHeld(selection: HeldSelection, limit: number, within?: readonly FlowScope[]): Promise<HeldChoice>;
  /**
   * Like `retry`, but a hold is retried only once, however many requests there are. A repeated call of the same bulk
   * returns `done` again and changes nothing.
   */
  retryHeld(item: HeldItem, act: BulkAct & { readonly tables?: RetryTables }): Promise<HeldOutcome>;
  /**
   * Resends the message of an execution, as `edit` returns it, as a new execution of the flow's published version. The
   * new execution takes the position and the keys of a held one, and the two never both run. An execution that has
   * ended stays as it is: the resend is then a new message, with new keys, at the end of its lane. Rejects (input)
   * with RESEND_GONE_ON if the execution has changed since the person saw it, RESEND_UNDER_WAY if it is still running
   * or is itself an unfinished resend, RESEND_NO_PAYLOAD if its message is not stored, RESEND_OUTCOME_UNKNOWN if the
   * outcome of a write is unknown, or RESEND_ALREADY_WRITTEN if a write that was done would be repeated.
   */
  resend(executionId: string, resend: Resend): Promise<Resent>;
  /**
   * Like `resend` of a held execution without a correction, once per hold. A repeated call of the same bulk gets
   * `done` again. Returns `refused` if a write that was done would be repeated.
   */
  resendHeld(item: HeldItem, act: BulkAct): Promise<HeldOutcome>;
  cancelHeld(item: HeldItem, act: BulkAct & { readonly reason: string }): Promise<HeldOutcome>;
  /**
   * Like `conclude` without a reply. A person who selected unknown outcomes confirms that those writes were done.
   * Returns `refused` if no write was or may have been done.
   */
  concludeHeld(item: HeldItem, act: BulkAct & { readonly reason: string }): Promise<HeldOutcome>;
  counts(): Promise<Readonly<Record<ExecutionStatus, number>>>;
  /**
   * Passes a message to the execution of the flow that waits with this token. If there is none, stores the message for
   * the first execution that will wait with it (docs/decisions/0035), unless `onlyIfWaiting` is set.
   */
  resume(flowId: string, token: string, message: Message, options?: { readonly onlyIfWaiting?: boolean }): Promise<ResumeOutcome>;
}
