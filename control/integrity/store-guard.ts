/** The integrity state of a store, and the decisions of the security administrator about it. */
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';
import type { Actor } from '../access/actor.ts';
import type { Acceptance, ChainBreak, ChainReport } from '../audit/walk-chain.ts';
import type { TrailProblem } from '../audit/trail-problem.ts';
import type { Finding } from '../../engine/integrity/integrity-state.ts';

export interface IntegrityReport {
  readonly chain: ChainReport;
  /** Number of marked documents. */
  readonly documents: number;
  readonly findings: readonly Finding[];
  readonly isEnforced: boolean;
  readonly trail?: TrailProblem;
  readonly headMissingSince?: number;
}

export interface StoreGuard {
  readonly isEnforced: boolean;
  findings(): readonly Finding[];
  /** Why the store is read only; undefined when it is not. */
  trailProblem(): TrailProblem | undefined;
  /** Since when the signed head has been missing; undefined while there is one, and once the trail was accepted. */
  headMissingSince(): number | undefined;
  /** Breaks of the audit trail at the last check. */
  breaks(): readonly ChainBreak[];
  /** The trail and the store were empty when this process started: it may create a first administrator. */
  readonly isFirstStart: boolean;
  /** Resolves at once unless the store is read only; otherwise when its trail is accepted. */
  released(signal: AbortSignal): Promise<void>;
  /**
   * Accepts the trail as it is and signs a new head. Called by an audited action; returns what to write in its line.
   */
  acceptTrail(): Promise<AcceptedTrail>;
  /**
   * Marks the document in its present state (`keep`), or removes it. Called by an audited action; returns what to
   * write in its line.
   */
  decide(collection: string, id: string, decision: 'keep' | 'remove'): Promise<MarkChange>;
  /**
   * Marks all present documents and rejects those without a mark from now on, unless `check` rejects. Writes its own
   * audit lines: the result line must exist before the store says that marks are enforced. AUDIT_TRAIL_REFUSED while
   * the store is read only.
   */
  enforce(actor: Actor, check: () => Promise<void>): Promise<void>;
  verify(signal?: AbortSignal): Promise<IntegrityReport>;
  /** Signs the last head. */
  stop(): Promise<void>;
}

export interface AcceptedTrail {
  /** Goes into `after`. */
  readonly acceptance: Acceptance;
  readonly marks: readonly MarkChange[];
}
