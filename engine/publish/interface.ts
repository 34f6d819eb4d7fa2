/** What control does with flows, as types. Nothing here knows HTTP; permissions and audit are the caller's. */
import type { Issue } from '../contract/values/errors.ts';
import type { FlowDocument, FlowTest, FlowVersion } from '../contract/flow/flow-document.ts';
import type { Text } from '../contract/values/texts.ts';
import type { FlowScope } from '../execution/scope-filters.ts';
import type { TrialRequest, TrialResult } from '../run/trial-result.ts';

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
