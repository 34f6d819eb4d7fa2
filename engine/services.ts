/**
 * What the engine offers to its neighbours (control, triggers, roots), as types only: each is made by one creator in its own folder.
 * Every method is free of HTTP; permissions and audit are the caller's (`control/actions`).
 */
import type { Adapter, AdapterDocument, CodeTable } from './contract/adapter.ts';
import type { AdapterType } from './contract/adapter-type.ts';
import type { ErrorRecord, Issue } from './contract/errors.ts';
import type { FlowDocument, FlowTest, FlowVersion } from './contract/flow-document.ts';
import type { Message } from './contract/message.ts';
import type { NodeDefinition, Reply } from './contract/node.ts';
import type { Text } from './contract/texts.ts';
import type { CompiledFlow } from './run/compile-flow.ts';
import type { ExecutionDocument, ExecutionStatus, StepRecord, StepStatus } from './execution/execution-document.ts';
import type { Standstill } from './run/standstill.ts';

/** `engine/registry/load-nodes.ts` */
export interface NodeRegistry {
  get(typeName: string): NodeDefinition | undefined;
  list(): readonly NodeDefinition[];
  /** Markdown that lies beside the node type. */
  longHelp?(typeName: string): Text | undefined;
  /** What adapters of each protocol are made of. */
  adapterTypes?(): readonly AdapterType[];
}

/** A frozen set of code tables; executions are pinned to one by `id`. */
export interface TableSnapshot {
  readonly id: string;
  /** CODE_TABLE_UNKNOWN when there is no such table; CODE_UNKNOWN when the key is absent and the table has no fallback. */
  lookup(table: string, key: string): string;
  has(table: string): boolean;
}

/** `engine/bindings/`: adapters, secrets and code tables by name, resolved for the running environment, from memory. */
export interface Bindings {
  adapter(adapterId: string): Adapter | undefined;
  /**
   * The adapter's credential: no secret is given but to an adapter. SECRET_MISSING (input) when there is none,
   * SECRET_NOT_BOUND (input) when the secret is not meant for this adapter.
   */
  secret(adapterId: string): Promise<string>;
  tables(): TableSnapshot;
  /** The snapshot that an execution was pinned to. */
  tablesAt(id: string): Promise<TableSnapshot>;
}

/** `engine/bindings/`: the stores behind it, for control. A stale `expectedRevision` throws STALE_REVISION with both versions in `cause`. */
export interface BindingStore {
  listAdapters(): Promise<readonly AdapterDocument[]>;
  getAdapter(adapterId: string): Promise<AdapterDocument | undefined>;
  /** All that keeps it from being saved as far as its content tells: also settings that do not fit its protocol, in any environment. */
  adapterIssues(document: AdapterDocument): readonly Issue[];
  /** BINDING_INVALID with those issues; SECRET_NOT_BOUND when its credential is a secret that is not meant for it. */
  saveAdapter(document: AdapterDocument, expectedRevision: number): Promise<AdapterDocument>;
  removeAdapter(adapterId: string): Promise<boolean>;
  /** An adapter that is not saved, as it would be: undefined without settings for this environment. Its credential is given by the same rules. */
  preview(document: AdapterDocument): { readonly adapter: Adapter; secret(): Promise<string> } | undefined;
  listTables(): Promise<readonly CodeTable[]>;
  getTable(tableId: string): Promise<CodeTable | undefined>;
  saveTable(table: CodeTable, expectedRevision: number): Promise<CodeTable>;
  removeTable(tableId: string): Promise<boolean>;
  /** Names only; values never leave except by `revealSecret`. */
  listSecrets(): Promise<readonly { readonly name: string; readonly adapters: readonly string[]; readonly updatedAt: number }[]>;
  /** `adapters` are the only ones that may name it as their credential: who binds it must know its value. */
  saveSecret(name: string, value: string, adapters: readonly string[]): Promise<void>;
  removeSecret(name: string): Promise<boolean>;
  revealSecret(name: string): Promise<string>;
}

/** Published versions, compiled; `engine/publish/published-flows.ts`. */
export interface PublishedFlows {
  current(flowId: string): CompiledFlow | undefined;
  list(): readonly CompiledFlow[];
  /** Any published version (executions are pinned to theirs). FLOW_VERSION_UNKNOWN (bug) when it is not stored. */
  at(flowId: string, version: number): Promise<CompiledFlow>;
  /** Already compiled, or undefined; for the hot path. */
  cached(flowId: string, version: number): CompiledFlow | undefined;
}

export interface FlowSummary {
  readonly flowId: string;
  readonly name: Text;
  readonly domain: string;
  readonly sharedWith?: readonly string[];
  readonly mode: 'sync' | 'durable';
  readonly tags: readonly string[];
  readonly draftRevision: number | undefined;
  readonly publishedVersion: number | undefined;
  /** The draft differs from what is published. */
  readonly isChanged: boolean;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface TestReport {
  readonly passed: boolean;
  readonly tests: readonly {
    readonly name: string;
    readonly passed: boolean;
    /** What failed, each with its path into the test: expectations that do not hold, and how the run ended. */
    readonly problems: readonly Issue[];
    readonly durationMs: number;
  }[];
}

export interface PublishReport {
  readonly flowId: string;
  readonly version: number;
  readonly contentHash: string;
  /** False when the same content was published already: nothing changed. */
  readonly changed: boolean;
  readonly warnings: readonly Issue[];
  readonly tests: TestReport;
}

export interface VersionSummary {
  readonly version: number;
  readonly contentHash: string;
  readonly publishedAt: number;
  readonly publishedBy: string;
  readonly note?: string;
  /** To which it belongs: a flow may have moved since. */
  readonly domain: string;
  /** It serves now: the latest, or the one that was gone back to. */
  readonly isCurrent: boolean;
}

export type PublishStage = 'validate' | 'test' | 'prepare' | 'commit' | 'apply';

export interface PublishOptions {
  readonly onStage?: (stage: PublishStage) => void;
  /** Why, in the person's own words; kept with the version, beside its content. */
  readonly note?: string | undefined;
  /** The draft that the person looked at. FLOW_DRAFT_CHANGED (input) when it was saved since. */
  readonly revision?: number | undefined;
}

/** `engine/publish/flow-catalog.ts` */
export interface FlowCatalog {
  list(): Promise<readonly FlowSummary[]>;
  draft(flowId: string): Promise<FlowDocument | undefined>;
  /** Saves when the stored draft still has `document.revision`; answers it with the next one. FLOW_STALE carries both versions as `StaleDraft` in `cause`, and nowhere in its words. */
  saveDraft(document: unknown, actor: string): Promise<FlowDocument>;
  remove(flowId: string, actor: string): Promise<boolean>;
  /** What is and was saved of a draft, newest first; also of a flow that was removed. */
  revisions(flowId: string): Promise<readonly DraftRevision[]>;
  revision(flowId: string, id: string): Promise<FlowDocument | undefined>;
  /** Keeps a document that a person gives up in a conflict among the revisions of its flow. */
  setAside(document: unknown, actor: string): Promise<void>;
  /** Every problem at once. `by`: whose share of the examiner is used, here and below. FLOW_CHECK_BUSY (transient). */
  validate(document: unknown, by?: string): Promise<readonly Issue[]>;
  /** Runs the document's saved tests (or one ad-hoc test) with its mocks; reaches nothing outside. */
  test(document: unknown, signal: AbortSignal, tests?: readonly FlowTest[], by?: string): Promise<TestReport>;
  /**
   * Runs once, for at most 30 s, and shows every step; reaches real adapters only where `reach` says so. Of a part (`from`, `only`) nothing
   * but its own nodes is checked. FLOW_INVALID (input) with every issue; TRIAL_NODE_UNSUITABLE (input) where no run can begin.
   */
  trial(document: unknown, request: TrialRequest, signal: AbortSignal, by?: string): Promise<TrialResult>;
  publish(flowId: string, actor: string, signal: AbortSignal, options?: PublishOptions): Promise<PublishReport>;
  rollback(flowId: string, version: number, actor: string, signal: AbortSignal): Promise<PublishReport>;
  unpublish(flowId: string, actor: string): Promise<boolean>;
  /** Newest first. */
  versions(flowId: string): Promise<readonly VersionSummary[]>;
  version(flowId: string, version: number): Promise<FlowVersion | undefined>;
  /** Flows of which any published version, present or past, has a node of that adapter. */
  usersOf(adapterId: string): Promise<readonly string[]>;
  /** The executions of these domains: an execution belongs to the domain that its version names. */
  scopesOf(domains: readonly string[]): Promise<readonly FlowScope[]>;
}

export interface DraftRevision {
  readonly id: string;
  /** Of one that was set aside: what it began from. */
  readonly revision: number;
  readonly contentHash: string;
  readonly savedAt: number;
  readonly savedBy: string;
  /** In which it was saved: a flow may have moved since. Absent in some that are older than this field. */
  readonly domain?: string;
  /** It is the draft. */
  readonly isCurrent?: true;
  /** It was given up in a conflict. */
  readonly isSetAside?: true;
}

export class StaleDraft extends Error {
  override readonly name = 'StaleDraft';
  readonly yours: unknown;
  readonly theirs: unknown;
  constructor(yours: unknown, theirs: unknown) {
    super('somebody else saved in the meantime');
    this.yours = yours;
    this.theirs = theirs;
  }
}

/** `adapters`: what is neither mocked nor pinned really reaches the other side, and writes really happen there. */
export type TrialReach = 'none' | 'adapters';

export interface TrialRequest {
  /** The trigger's message; of a part the message that goes into its first node. */
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
  readonly reach: TrialReach;
  /** Runs this node and what comes behind it. */
  readonly from?: string;
  /** Runs this node alone. */
  readonly only?: string;
  /** Pinned outputs, node id -> port -> data: such nodes do not run; expressions and joins read them all the same. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * - `not-reached`: it would reach outside; its path ends here.
 * - `waiting`: it waits for longer than a trial may last, or for somebody's message.
 * - `stopped`: the run was ended (cancelled, out of time, another node failed) before this node was done.
 */
export type TrialStepStatus = StepStatus | 'not-reached' | 'waiting' | 'stopped';

export interface TrialStep extends Omit<StepRecord, 'status'> {
  readonly status: TrialStepStatus;
  /** Absent for skipped steps. */
  readonly input?: Message;
  /** By port; absent where nothing was emitted. */
  readonly output?: Readonly<Record<string, readonly Message[]>>;
}

/** Outcome of a trial or test run of a flow: nothing of it is stored. */
export interface TrialResult {
  readonly status: 'completed' | 'failed' | 'held' | 'not-reached' | 'waiting' | 'stopped';
  readonly reply: Reply | undefined;
  readonly error: ErrorRecord | undefined;
  /** In the order in which they began; skipped ones last. */
  readonly steps: readonly TrialStep[];
  /** Nodes that reached the other side. */
  readonly reached: readonly string[];
  /** Those of them that write; how each ended stands in its step. */
  readonly wrote: readonly string[];
}

/** Executions of a flow, or of those versions of it alone. */
export interface FlowScope {
  readonly flowId: string;
  readonly versions?: readonly number[];
}

export interface ExecutionQuery {
  /** Of any of these; none of them: of no flow. */
  readonly flowIds?: readonly string[];
  /** And only of these. */
  readonly within?: readonly FlowScope[];
  readonly status?: readonly ExecutionStatus[];
  readonly from?: number;
  readonly to?: number;
  /** Of those that are held: where, why, and whether the outcome is known. */
  readonly held?: Pick<HeldSelection, 'node' | 'code' | 'outcomeKnown' | 'bulk'>;
  /** Business key; looked up by its token. */
  readonly key?: { readonly name: string; readonly value: string };
  /** An execution's id or a trace id, whole or its beginning. */
  readonly text?: string;
  /** In the archive instead of the store. */
  readonly archived?: boolean;
  readonly limit: number;
  readonly after?: string;
}

export interface ArchiveDay {
  /** `2026-11-25`, UTC. */
  readonly day: string;
  readonly executions: number;
  readonly bytes: number;
}

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

/** All that is named must hold; `ids` stands alone. */
export interface HeldSelection {
  readonly flowId?: string;
  readonly node?: string;
  readonly code?: string;
  readonly outcomeKnown?: boolean;
  /** Let go on by this bulk, and held again. */
  readonly bulk?: string;
  /** Business key; looked up by its token. */
  readonly key?: { readonly name: string; readonly value: string };
  readonly ids?: readonly string[];
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

export type ResendPlace = NonNullable<ExecutionDocument['place']>;

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

/** `engine/run/execution-catalog.ts` */
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

/**
 * `used`: a message was handed in before, and counts. `over`: its execution has gone on without one. `nobody`: no execution waits. Of these
 * three nothing is kept.
 */
export type ResumeOutcome =
  | { readonly outcome: 'resumed'; readonly executionId: string }
  | { readonly outcome: 'kept'; readonly untilMs: number }
  | { readonly outcome: 'used' | 'over' | 'nobody' };
