/** What people do with executions, as types. Nothing here knows HTTP; permissions and audit are the caller's. */
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
  /** Goes on behind the last item: the next query's `after`. */
  readonly next: string | undefined;
  /** Set when a search by trace id was broken off: nothing accepted before this time was looked at. */
  readonly searchedFrom: number | undefined;
}

export interface ExecutionSummary {
  readonly executionId: string;
  readonly flowId: string;
  readonly version: number;
  readonly status: ExecutionStatus;
  readonly acceptedAt: number;
  readonly finishedAt: number | undefined;
  /** From acceptance to its end. */
  readonly durationMs: number | undefined;
  readonly traceId: string | undefined;
  /** Its messages are kept: the flow records in full, or it has not ended. */
  readonly hasPayload: boolean;
  /** Less of it was kept than its flow asks, which had used up its day's room. */
  readonly isReduced: boolean;
  readonly attempt: number;
  readonly held: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number } | undefined;
  /** When it was held for the first time, however often a retry of it was held again. */
  readonly heldSince: number | undefined;
  /** While it waits for the next attempt of what failed: when that is, and the code of the last error. */
  readonly retrying: { readonly nextAt: number; readonly code?: string } | undefined;
  /** A write of it was done before it was held, or ended by a person. */
  readonly hasWritten: boolean;
  /** Whether a write that it announced was done is not known: it is held for that, or was cancelled while it was. */
  readonly isUnknown: boolean;
  /** The execution whose message this one sends anew. */
  readonly replayOf: string | undefined;
  /** Of a resend: where in its lane it stands. */
  readonly place: ResendPlace | undefined;
  /** The execution that took its place while it was held. */
  readonly replacedBy: string | undefined;
  readonly error: ErrorRecord | undefined;
}

export interface ExecutionDetails extends ExecutionSummary {
  /** It lies in the archive: it can be looked at and sent anew, and nothing else. */
  readonly isArchived?: true;
  /** Executions that sent its message anew. */
  readonly replays: readonly string[];
  readonly isLaneKept: boolean;
  readonly steps: readonly StepRecord[];
  /** Where it stands still, or failed: nodes that no step speaks of, since they are not settled. */
  readonly standstills: readonly Standstill[];
  /** Writes that were announced and of which no outcome is stored. */
  readonly intents: readonly { readonly node: string; readonly key: string; readonly at: number }[];
  /** Writes that were done before the flow failed or was cancelled, with the keys that the other side saw. */
  readonly doneWrites: readonly { readonly node: string; readonly scope: string; readonly key: string }[];
  /** Who ended it as done. */
  readonly concluded: { readonly by: string; readonly at: number } | undefined;
  readonly lateOutcomes: readonly { readonly node: string; readonly at: number; readonly status: string }[];
  /** Payloads, opened; only when asked for (the caller checked the right `executions.payload`). */
  readonly input?: Message;
  /** What went into each step, by step key: the node, or `<iteration>/<node>` in a loop; also of the step that it stopped before. */
  readonly inputs?: Readonly<Record<string, Message>>;
  /** What came out of each step, by step key and port. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, readonly Message[]>>>>;
  readonly reply?: Reply;
}

/** Held executions that are alike: one cause, as a rule. */
export interface HeldGroup {
  readonly flowId: string;
  /** Of the newest of them; the others may have run another one. */
  readonly version: number;
  readonly node: string;
  /** Code of the error. */
  readonly code: string;
  /** False: the node's write may have been done; who retries it may do it twice unless the other side knows its key. */
  readonly outcomeKnown: boolean;
  readonly count: number;
  /** When the first and the last of them were held. */
  readonly oldestAt: number;
  readonly newestAt: number;
  /** Ids of a few, newest first. */
  readonly examples: readonly string[];
}

export interface HeldGroups {
  /** Largest first. */
  readonly groups: readonly HeldGroup[];
  readonly count: number;
  /** There are more than were counted (10,000). */
  readonly more: boolean;
}

/** An execution as it was held when somebody looked: `epoch` tells this hold from a later one; a negative one is of what was not held, or not theirs. */
export interface HeldItem {
  readonly executionId: string;
  readonly epoch: number;
}

/** `domain` is undefined when its version cannot be read any more. */
export interface ExecutionOwner {
  readonly flowId: string;
  readonly domain: string | undefined;
}

export interface Resend {
  readonly actor: string;
  /** The status that the person saw who decided it: another one now needs another decision. */
  readonly seen: ExecutionStatus;
  /** The message to be sent in place of the stored one. */
  edit(message: Message): Message | Promise<Message>;
  /** It is known elsewhere that the write with the unknown outcome was not done. */
  readonly acceptUnknown: boolean;
  /** Writes of the held execution that were done, and are not idempotent, are to be done once more. */
  readonly acceptDone?: boolean;
  /** The claim after which it was held: another hold needs another decision. */
  readonly epoch?: number;
  /** The same request for the same execution gives the same new one. */
  readonly requestId?: string;
  /** Under new outward keys, though it is the same message: for a receiver that remembers its refusal by the key. */
  readonly newKeys?: boolean;
  /** Set on the new one when it is released. */
  readonly marks?: { readonly bulk?: string };
}

/** How a person ends a held execution whose write was done. */
export interface Conclusion {
  readonly actor: string;
  readonly reason: string;
  /** The attempt that the person saw who decided it: another one now needs another decision. */
  readonly attempt: number;
  /** It is known elsewhere that the write with the unknown outcome was done. */
  readonly wasDone: boolean;
  /** What its caller gets from now on under the same key; without one the caller is told that it was done. */
  readonly reply?: Reply;
}

export interface Resent {
  readonly executionId: string;
  /** The old one was held, and ends now. */
  readonly replaced: boolean;
  /** `kept`: what waits behind the old one in its lane waits for it. `end-of-lane`: it is a new message, behind all that is open there. */
  readonly place: ResendPlace;
  /** The same request had been done before. */
  readonly repeated: boolean;
}

/** Oldest first; ids that are not held are among the items, and turn out to have gone on. */
export interface HeldChoice {
  readonly items: readonly HeldItem[];
  readonly more: boolean;
  /** Where only known outcomes were asked for: how many fit else. */
  readonly unknownSkipped: number;
}

/**
 * `gone-on`: since then somebody else retried or cancelled it, or it never was held. `refused`: it cannot be acted upon as it is (a resend: its
 * message is not kept, a write of it was done, its flow is not published; a retry with the tables of now: a write of it was done; to end it as done: nothing
 * of it was).
 */
export type HeldOutcome = 'done' | 'gone-on' | 'missing' | 'refused';

/** What became of those that a bulk let go on, or sent anew; another bulk that took them since counts them as its own. */
export interface BulkOutcome {
  /** Completed. */
  readonly wentOn: number;
  readonly heldAgain: number;
  /** Failed, or cancelled since. */
  readonly failed: number;
  readonly underWay: number;
}

/**
 * Which code tables a retry uses: those that the execution was accepted with, or those of now, which then also serve what waits behind it in
 * its lane and has never begun.
 */
export type RetryTables = 'then' | 'now';

export interface BulkAct {
  readonly actor: string;
  readonly bulkId: string;
}

/** By name, in words; `large`: the message is too large to be opened for a list. */
export type BusinessKeys = Readonly<Record<string, string>> | 'large';

export interface ExecutionCatalog {
  /** Newest first; a page is stable while messages come in. STORE_CURSOR_GONE (input) when `after` was removed meanwhile. */
  list(query: ExecutionQuery): Promise<ExecutionPage>;
  get(executionId: string, options: { readonly payload: boolean }): Promise<ExecutionDetails | undefined>;
  /** Of up to 1,000 executions; absent: not stored, outside `within`, or without keys that are kept. The caller checked `executions.payload`. */
  keysOf(ids: readonly string[], within?: readonly FlowScope[]): Promise<Readonly<Record<string, BusinessKeys>>>;
  /** Its flow and domain, in the store or the archive; undefined when there is no such execution. */
  ownerOf(executionId: string): Promise<ExecutionOwner | undefined>;
  /** The open execution of the flow that holds this token; undefined while none does. */
  holderOf(flowId: string, token: string): Promise<string | undefined>;
  /**
   * Goes on in place with the same keys. EXECUTION_NOT_HELD (input) when it is not held, or is being cancelled; RETRY_TABLES_KEPT (input) when
   * it was to use the code tables of now, and a write of it was done, or may have been, with those of then.
   */
  retry(executionId: string, actor: string, tables?: RetryTables): Promise<void>;
  /**
   * Makes the retries that it waits for due now, each as its next attempt. EXECUTION_NOT_RETRYING (input) when it waits for none: it runs, has
   * ended, is being ended, or waits for a time or a message.
   */
  tryNow(executionId: string): Promise<void>;
  /** Marks it; the owner, or who takes over, ends it. EXECUTION_DONE (input) when it is terminal. */
  cancel(executionId: string, actor: string, reason: string): Promise<void>;
  /**
   * Ends a held execution as done, as `completed`; nothing of it runs again. EXECUTION_NOT_HELD, EXECUTION_NOTHING_DONE,
   * EXECUTION_DONE_UNKNOWN, EXECUTION_REPLY_REFUSED (input).
   */
  conclude(executionId: string, conclusion: Conclusion): Promise<void>;
  heldGroups(within?: readonly FlowScope[]): Promise<HeldGroups>;
  /** What became of those among these that the bulk let go on. */
  bulkOutcome(items: readonly HeldItem[], bulkId: string): Promise<BulkOutcome>;
  /** What is named by id and lies outside `within` turns out to be missing. */
  selectHeld(selection: HeldSelection, limit: number, within?: readonly FlowScope[]): Promise<HeldChoice>;
  /** As `retry`, once for each hold, however often and by however many it is asked; `done` again to the same bulk. */
  retryHeld(item: HeldItem, act: BulkAct & { readonly tables?: RetryTables }): Promise<HeldOutcome>;
  /**
   * Sends its message once more, as `edit` returns it: a new execution of the flow's published version. A held one is replaced in its place,
   * under its keys: never both run. One that has ended stays as it is: a new message, under new keys, at the end of its lane.
   * RESEND_GONE_ON, RESEND_UNDER_WAY, RESEND_NO_PAYLOAD, RESEND_OUTCOME_UNKNOWN, RESEND_ALREADY_WRITTEN (input).
   */
  resend(executionId: string, resend: Resend): Promise<Resent>;
  /** As `resend` in place, uncorrected, once for each hold; `done` again to the same bulk. Nothing that was done is done twice: `refused`. */
  resendHeld(item: HeldItem, act: BulkAct): Promise<HeldOutcome>;
  cancelHeld(item: HeldItem, act: BulkAct & { readonly reason: string }): Promise<HeldOutcome>;
  /** As `conclude` without a reply; whoever chose unknown outcomes says that they were done. `refused`: no write of it is known to have been done. */
  concludeHeld(item: HeldItem, act: BulkAct & { readonly reason: string }): Promise<HeldOutcome>;
  counts(): Promise<Readonly<Record<ExecutionStatus, number>>>;
  /**
   * Hands a message to the execution of the flow that waits for this token. When none does, keeps the message for the first that will
   * (docs/decisions/0035), unless `onlyIfWaiting`.
   */
  resume(flowId: string, token: string, message: Message, options?: { readonly onlyIfWaiting?: boolean }): Promise<ResumeOutcome>;
}
