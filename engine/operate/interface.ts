/**
 * Types of what people do with executions. Independent of HTTP; the caller checks permissions and writes the audit.
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
  /** Pass it as `after` to get the next page. */
  readonly next: string | undefined;
  /** Set when a search by trace id stopped early: executions accepted before this time were not searched. */
  readonly searchedFrom: number | undefined;
}

export interface ExecutionSummary {
  readonly executionId: string;
  readonly flowId: string;
  readonly version: number;
  readonly status: ExecutionStatus;
  readonly acceptedAt: number;
  readonly finishedAt: number | undefined;
  /** From acceptance to the end. */
  readonly durationMs: number | undefined;
  readonly traceId: string | undefined;
  /** True if its messages are stored: the flow records in full, or the execution is still open. */
  readonly hasPayload: boolean;
  /** Less of it was kept than its flow asks, because the flow's daily quota was used up. */
  readonly isReduced: boolean;
  readonly attempt: number;
  readonly held: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number } | undefined;
  /** When it was held for the first time, however often it was retried and held again. */
  readonly heldSince: number | undefined;
  /** Set while it waits for a retry: the time of the next attempt, and the code of the last error. */
  readonly retrying: { readonly nextAt: number; readonly code?: string } | undefined;
  /** A write was done before it was held, or before a person ended it. */
  readonly hasWritten: boolean;
  /** It is unknown whether an announced write was done; it is held for that, or was cancelled in that state. */
  readonly isUnknown: boolean;
  /** The execution whose message this one resends. */
  readonly replayOf: string | undefined;
  /** Set on a resend: its place in the lane. */
  readonly place: ResendPlace | undefined;
  /** The execution that replaced it while it was held. */
  readonly replacedBy: string | undefined;
  readonly error: ErrorRecord | undefined;
}

export interface ExecutionDetails extends ExecutionSummary {
  /** It is in the archive: it can only be looked at and resent. */
  readonly isArchived?: true;
  /** Executions that resent its message. */
  readonly replays: readonly string[];
  readonly isLaneKept: boolean;
  readonly steps: readonly StepRecord[];
  /** The nodes where it has stopped or failed. No step covers them, because they are not settled. */
  readonly standstills: readonly Standstill[];
  /** Announced writes without a stored outcome. */
  readonly intents: readonly { readonly node: string; readonly key: string; readonly at: number }[];
  /** Writes done before the flow failed or was cancelled, with the keys that the other side received. */
  readonly doneWrites: readonly { readonly node: string; readonly scope: string; readonly key: string }[];
  /** The person who ended it as done. */
  readonly concluded: { readonly by: string; readonly at: number } | undefined;
  readonly lateOutcomes: readonly { readonly node: string; readonly at: number; readonly status: string }[];
  /** Opened payloads; only on request (the caller checked the right `executions.payload`). */
  readonly input?: Message;
  /**
   * The input of each step, by step key: the node, or `<iteration>/<node>` in a loop. Includes the step it stopped
   * before.
   */
  readonly inputs?: Readonly<Record<string, Message>>;
  /** The output of each step, by step key and port. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, readonly Message[]>>>>;
  readonly reply?: Reply;
}

/** Held executions that are alike; usually they have one cause. */
export interface HeldGroup {
  readonly flowId: string;
  /** The version of the newest execution; the others may have run another one. */
  readonly version: number;
  readonly node: string;
  /** The error code. */
  readonly code: string;
  /** False: the node's write may be done. A retry may repeat it unless the other side recognises its key. */
  readonly outcomeKnown: boolean;
  readonly count: number;
  /** When the first and the last of them were held. */
  readonly oldestAt: number;
  readonly newestAt: number;
  /** The ids of a few, newest first. */
  readonly examples: readonly string[];
}

export interface HeldGroups {
  /** Largest first. */
  readonly groups: readonly HeldGroup[];
  readonly count: number;
  /** There are more than were counted (10,000). */
  readonly more: boolean;
}

/**
 * A held execution as a person saw it. `epoch` tells this hold from a later one. It is negative if the execution was
 * not held, or is outside the person's flows.
 */
export interface HeldItem {
  readonly executionId: string;
  readonly epoch: number;
}

/** `domain` is undefined when its version can no longer be read. */
export interface ExecutionOwner {
  readonly flowId: string;
  readonly domain: string | undefined;
}

export interface Resend {
  readonly actor: string;
  /** The status the person saw. If it has changed, they must decide again. */
  readonly seen: ExecutionStatus;
  /** Returns the message to send in place of the stored one. */
  edit(message: Message): Message | Promise<Message>;
  /** The person confirms that the write with the unknown outcome was not done. */
  readonly acceptUnknown: boolean;
  /** Repeat writes of the held execution that were done and are not idempotent. */
  readonly acceptDone?: boolean;
  /** The claim epoch after which it was held. If it is held again, the person must decide again. */
  readonly epoch?: number;
  /** The same request id for the same execution returns the same new execution. */
  readonly requestId?: string;
  /**
   * Use new outward keys although the message is the same, for a receiver that remembers its rejection by the key.
   */
  readonly newKeys?: boolean;
  /** Set on the new execution when it is released. */
  readonly marks?: { readonly bulk?: string };
}

/** How a person ends a held execution whose write was done. */
export interface Conclusion {
  readonly actor: string;
  readonly reason: string;
  /** The attempt the person saw. If it has changed, they must decide again. */
  readonly attempt: number;
  /** The person confirms that the write with the unknown outcome was done. */
  readonly wasDone: boolean;
  /** The reply its caller gets from now on under the same key. Without one the caller gets the outcome "done". */
  readonly reply?: Reply;
}

export interface Resent {
  readonly executionId: string;
  /** The old execution was held, and ends now. */
  readonly replaced: boolean;
  /**
   * `kept`: the executions behind the old one in its lane wait for the new one. `end-of-lane`: it is a new message,
   * behind all open ones in the lane.
   */
  readonly place: ResendPlace;
  /** The same request was already done before. */
  readonly repeated: boolean;
}

/** Oldest first. Ids that are not held are among the items, and are reported as `gone-on`. */
export interface HeldChoice {
  readonly items: readonly HeldItem[];
  readonly more: boolean;
  /** If only known outcomes were selected: how many more match with an unknown outcome. */
  readonly unknownSkipped: number;
}

/**
 * `gone-on`: it was retried or cancelled since, or was never held. `refused`: the action is not possible in its
 * current state. For a resend: its message is not kept, a write was done, or its flow is not published. For a retry
 * with the current tables: a write was done. For ending it as done: no write was done.
 */
export type HeldOutcome = 'done' | 'gone-on' | 'missing' | 'refused';

/**
 * What happened to the executions that a bulk retried or resent. If another bulk took them since, that one counts
 * them.
 */
export interface BulkOutcome {
  /** Completed. */
  readonly wentOn: number;
  readonly heldAgain: number;
  /** Failed, or cancelled since. */
  readonly failed: number;
  readonly underWay: number;
}

/**
 * The code tables a retry uses. `then`: those the execution was accepted with. `now`: the current ones, which then
 * also apply to never-started executions behind it in its lane.
 */
export type RetryTables = 'then' | 'now';

export interface BulkAct {
  readonly actor: string;
  readonly bulkId: string;
}

/** Values by key name; `large` if the message is too large to open for a list. */
export type BusinessKeys = Readonly<Record<string, string>> | 'large';

export interface ExecutionCatalog {
  /**
   * Newest first. A page is stable while new messages arrive. STORE_CURSOR_GONE (input) if `after` was removed
   * meanwhile.
   */
  list(query: ExecutionQuery): Promise<ExecutionPage>;
  get(executionId: string, options: { readonly payload: boolean }): Promise<ExecutionDetails | undefined>;
  /**
   * For up to 1,000 executions. An execution is absent if it is not stored, is outside `within`, or keeps no keys.
   * The caller checked `executions.payload`.
   */
  keysOf(ids: readonly string[], within?: readonly FlowScope[]): Promise<Readonly<Record<string, BusinessKeys>>>;
  /** Its flow and domain, from the store or the archive; undefined if the execution does not exist. */
  ownerOf(executionId: string): Promise<ExecutionOwner | undefined>;
  /** The open execution of the flow that holds this token; undefined if there is none. */
  holderOf(flowId: string, token: string): Promise<string | undefined>;
  /**
   * Retries in place with the same keys. EXECUTION_NOT_HELD (input) if it is not held, or is being cancelled.
   * RETRY_TABLES_KEPT (input) if the current tables were requested, but a write was done, or may have been done, with
   * the old ones.
   */
  retry(executionId: string, actor: string, tables?: RetryTables): Promise<void>;
  /**
   * Makes its pending retries due now, each as its next attempt. EXECUTION_NOT_RETRYING (input) if it waits for none:
   * it runs, has ended, is being ended, or waits for a time or a message.
   */
  tryNow(executionId: string): Promise<void>;
  /**
   * Requests a cancel; the owner, or the process that takes over, ends it. EXECUTION_DONE (input) if it is terminal.
   */
  cancel(executionId: string, actor: string, reason: string): Promise<void>;
  /**
   * Ends a held execution as done, with status `completed`. Nothing of it runs again. EXECUTION_NOT_HELD,
   * EXECUTION_NOTHING_DONE, EXECUTION_DONE_UNKNOWN, EXECUTION_REPLY_REFUSED (input).
   */
  conclude(executionId: string, conclusion: Conclusion): Promise<void>;
  heldGroups(within?: readonly FlowScope[]): Promise<HeldGroups>;
  /** What happened to those of these items that the bulk retried. */
  bulkOutcome(items: readonly HeldItem[], bulkId: string): Promise<BulkOutcome>;
  /** Ids outside `within` are reported as missing. */
  selectHeld(selection: HeldSelection, limit: number, within?: readonly FlowScope[]): Promise<HeldChoice>;
  /** Like `retry`, but only once per hold, however many requests ask for it. The same bulk gets `done` again. */
  retryHeld(item: HeldItem, act: BulkAct & { readonly tables?: RetryTables }): Promise<HeldOutcome>;
  /**
   * Resends its message, as `edit` returns it, as a new execution of the flow's published version. A held execution
   * is replaced in its place, under its keys; the two never both run. One that has ended stays as it is: the resend
   * is a new message, under new keys, at the end of its lane. RESEND_GONE_ON, RESEND_UNDER_WAY, RESEND_NO_PAYLOAD,
   * RESEND_OUTCOME_UNKNOWN, RESEND_ALREADY_WRITTEN (input).
   */
  resend(executionId: string, resend: Resend): Promise<Resent>;
  /**
   * Like `resend` in place, uncorrected, once per hold. The same bulk gets `done` again. `refused` if a write that
   * was done would be repeated.
   */
  resendHeld(item: HeldItem, act: BulkAct): Promise<HeldOutcome>;
  cancelHeld(item: HeldItem, act: BulkAct & { readonly reason: string }): Promise<HeldOutcome>;
  /**
   * Like `conclude` without a reply. A person who selected unknown outcomes confirms that they were done. `refused`:
   * no write is known to be done.
   */
  concludeHeld(item: HeldItem, act: BulkAct & { readonly reason: string }): Promise<HeldOutcome>;
  counts(): Promise<Readonly<Record<ExecutionStatus, number>>>;
  /**
   * Passes a message to the execution of the flow that waits for this token. If there is none, keeps the message for
   * the first that will (docs/decisions/0035), unless `onlyIfWaiting`.
   */
  resume(flowId: string, token: string, message: Message, options?: { readonly onlyIfWaiting?: boolean }): Promise<ResumeOutcome>;
}
