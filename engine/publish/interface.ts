/**
 * What control does with flows, as types. Independent of HTTP; the caller checks permissions and writes the audit.
 */
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
  /** The draft differs from the published version. */
  readonly isChanged: boolean;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface TestReport {
  readonly passed: boolean;
  readonly tests: readonly {
    readonly name: string;
    readonly passed: boolean;
    /** The failures, each with its path into the test: unmet expectations, and how the run ended. */
    readonly problems: readonly Issue[];
    readonly durationMs: number;
  }[];
}

export interface PublishReport {
  readonly flowId: string;
  readonly version: number;
  readonly contentHash: string;
  /** False if the same content was already published: nothing changed. */
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
  /** The domain it belongs to: the flow may have moved since. */
  readonly domain: string;
  /** True for the version that serves now: the latest, or the one after a rollback. */
  readonly isCurrent: boolean;
}

export type PublishStage = 'validate' | 'test' | 'prepare' | 'commit' | 'apply';

export interface PublishOptions {
  readonly onStage?: (stage: PublishStage) => void;
  /** Why, in the person's own words; stored with the version, beside its content. */
  readonly note?: string | undefined;
  /** The draft the person saw. FLOW_DRAFT_CHANGED (input) if it was saved since. */
  readonly revision?: number | undefined;
}

export interface FlowCatalog {
  list(): Promise<readonly FlowSummary[]>;
  draft(flowId: string): Promise<FlowDocument | undefined>;
  /**
   * Saves if the stored draft still has `document.revision`; returns it with the next one. FLOW_STALE has both
   * versions as `StaleDraft` in `cause`, but never in its message.
   */
  saveDraft(document: unknown, actor: string): Promise<FlowDocument>;
  remove(flowId: string, actor: string): Promise<boolean>;
  /** The current and earlier saves of a draft, newest first; also for a removed flow. */
  revisions(flowId: string): Promise<readonly DraftRevision[]>;
  revision(flowId: string, id: string): Promise<FlowDocument | undefined>;
  /** Keeps a document that lost a conflict among the revisions of its flow. */
  setAside(document: unknown, actor: string): Promise<void>;
  /**
   * Every problem at once. `by`: whose share of the examiner is used, here and below. FLOW_CHECK_BUSY (transient).
   */
  validate(document: unknown, by?: string): Promise<readonly Issue[]>;
  /** Runs the document's saved tests (or one ad-hoc test) with their mocks; reaches nothing outside. */
  test(document: unknown, signal: AbortSignal, tests?: readonly FlowTest[], by?: string): Promise<TestReport>;
  /**
   * Runs once, for at most 30 s, and shows every step. Reaches real adapters only if `reach` allows it. For a part
   * (`from`, `only`) only its own nodes are checked. FLOW_INVALID (input) with every issue; TRIAL_NODE_UNSUITABLE
   * (input) if no run can start there.
   */
  trial(document: unknown, request: TrialRequest, signal: AbortSignal, by?: string): Promise<TrialResult>;
  publish(flowId: string, actor: string, signal: AbortSignal, options?: PublishOptions): Promise<PublishReport>;
  rollback(flowId: string, version: number, actor: string, signal: AbortSignal): Promise<PublishReport>;
  unpublish(flowId: string, actor: string): Promise<boolean>;
  /** Newest first. */
  versions(flowId: string): Promise<readonly VersionSummary[]>;
  version(flowId: string, version: number): Promise<FlowVersion | undefined>;
  /** Flows with any published version, present or past, that has a node of that adapter. */
  usersOf(adapterId: string): Promise<readonly string[]>;
  /** The executions of these domains. An execution belongs to the domain of its version. */
  scopesOf(domains: readonly string[]): Promise<readonly FlowScope[]>;
}

export interface DraftRevision {
  readonly id: string;
  /** For one that was set aside: the revision it was based on. */
  readonly revision: number;
  readonly contentHash: string;
  readonly savedAt: number;
  readonly savedBy: string;
  /** The domain it was saved in: a flow may have moved since. Absent in some that are older than this field. */
  readonly domain?: string;
  /** True for the current draft. */
  readonly isCurrent?: true;
  /** It lost a conflict. */
  readonly isSetAside?: true;
}
