/**
 * The types for what control does with flows. They are independent of HTTP. The caller checks permissions and writes
 * audit lines.
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
  /** True if the draft differs from the published version. */
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
  /** The domain that the version belongs to. The flow may have moved to another domain since. */
  readonly domain: string;
  /** True for the version that serves now: the latest one, or after a rollback an earlier one. */
  readonly isCurrent: boolean;
}

export type PublishStage = 'validate' | 'test' | 'prepare' | 'commit' | 'apply';

export interface PublishOptions {
  readonly onStage?: (stage: PublishStage) => void;
  /** The reason in the person's own words. It is stored with the version, but is not part of its content. */
  readonly note?: string | undefined;
  /**
   * Revision of the draft that the person saw. `publish` rejects with FLOW_DRAFT_CHANGED (input) if the draft was saved
   * since.
   */
  readonly revision?: number | undefined;
}

export interface FlowCatalog {
  list(): Promise<readonly FlowSummary[]>;
  draft(flowId: string): Promise<FlowDocument | undefined>;
  /**
   * Saves the document if the stored draft still has `document.revision`; returns it with the next revision. Otherwise
   * rejects with FLOW_STALE (input). The error's `cause` (`StaleDraft`) has the given and the stored document; its
   * message never does.
   */
  saveDraft(document: unknown, actor: string): Promise<FlowDocument>;
  remove(flowId: string, actor: string): Promise<boolean>;
  /** Returns the current and earlier saves of a draft, newest first; also for a removed flow. */
  revisions(flowId: string): Promise<readonly DraftRevision[]>;
  revision(flowId: string, id: string): Promise<FlowDocument | undefined>;
  /** Keeps a document that lost a conflict among the revisions of its flow. */
  setAside(document: unknown, actor: string): Promise<void>;
  /**
   * Returns every problem. In this and the following functions, `by` is the account that sends the document; accounts
   * take turns in the examiner. Rejects with FLOW_CHECK_BUSY (transient) if too many documents wait.
   */
  validate(document: unknown, by?: string): Promise<readonly Issue[]>;
  /** Runs the document's saved tests, or one ad-hoc test, with their mocks. Calls no other system. */
  test(document: unknown, signal: AbortSignal, tests?: readonly FlowTest[], by?: string): Promise<TestReport>;
  /**
   * Runs the flow once, for at most 30 s, and returns every step. Calls real adapters only if `reach` allows it. For a
   * part of the flow (`from`, `only`), only its own nodes are checked. Rejects with FLOW_INVALID (input) and every
   * issue if the document has errors, and with TRIAL_NODE_UNSUITABLE (input) if no run can start at the given node.
   */
  trial(document: unknown, request: TrialRequest, signal: AbortSignal, by?: string): Promise<TrialResult>;
  publish(flowId: string, actor: string, signal: AbortSignal, options?: PublishOptions): Promise<PublishReport>;
  rollback(flowId: string, version: number, actor: string, signal: AbortSignal): Promise<PublishReport>;
  unpublish(flowId: string, actor: string): Promise<boolean>;
  /** Returns the versions, newest first. */
  versions(flowId: string): Promise<readonly VersionSummary[]>;
  version(flowId: string, version: number): Promise<FlowVersion | undefined>;
  /** Returns the ids of flows that use the adapter in a version that is or was published. */
  usersOf(adapterId: string): Promise<readonly string[]>;
  /**
   * Returns which executions belong to these domains, as a list of flows and versions. An execution belongs to the
   * domain of its version.
   */
  scopesOf(domains: readonly string[]): Promise<readonly FlowScope[]>;
}

export interface DraftRevision {
  readonly id: string;
  /** The number of the revision. For a document that was set aside, the revision it was based on. */
  readonly revision: number;
  readonly contentHash: string;
  readonly savedAt: number;
  readonly savedBy: string;
  /** The flow's domain when the revision was saved; the flow may have moved since. Absent in some older revisions. */
  readonly domain?: string;
  /** True for the current draft. */
  readonly isCurrent?: true;
  /** True if the document lost a conflict. */
  readonly isSetAside?: true;
}
