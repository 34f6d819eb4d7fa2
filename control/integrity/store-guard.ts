/** The integrity state of a store, and the decisions of the security administrator about it. */
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';
import type { Actor } from '../access/actor.ts';
import type { Acceptance, ChainBreak, ChainReport } from '../audit/walk-chain.ts';
import type { TrailProblem } from '../audit/trail-problem.ts';
import type { Finding } from '../../engine/integrity/integrity-state.ts';

export interface IntegrityReport {
  readonly chain: ChainReport;
  /** Number of marked documents that were checked. */
  readonly documents: number;
  readonly findings: readonly Finding[];
  readonly isEnforced: boolean;
  readonly trail?: TrailProblem;
  readonly headMissingSince?: number;
}

export interface StoreGuard {
  readonly isEnforced: boolean;
  findings(): readonly Finding[];
  /** Returns the reason why the store is read only; undefined if it is not. */
  trailProblem(): TrailProblem | undefined;
  /**
   * Returns the time of the check that found the signed head missing. Undefined if there is a head, or after the audit
   * trail was accepted.
   */
  headMissingSince(): number | undefined;
  /** Returns the breaks of the audit trail at the last check. */
  breaks(): readonly ChainBreak[];
  /**
   * True if the audit trail and the store were empty when this process started. The process may then create a first
   * administrator.
   */
  readonly isFirstStart: boolean;
  /** Resolves immediately unless the store is read only. Otherwise resolves when the audit trail is accepted. */
  released(signal: AbortSignal): Promise<void>;
  /**
   * Accepts the present audit trail and signs a new head. Called by an audited action; returns the data for its audit
   * line.
   */
  acceptTrail(): Promise<AcceptedTrail>;
  /**
   * Marks the document in its present state (`keep`), or removes it. Called by an audited action; returns the mark for
   * its audit line.
   */
  decide(collection: string, id: string, decision: 'keep' | 'remove'): Promise<MarkChange>;
  /**
   * Marks all present documents and rejects documents without a mark from now on, unless `check` rejects. Writes the
   * audit lines itself, because the result line must exist before the store records that marks are enforced. Rejects
   * with AUDIT_TRAIL_REFUSED (bug) while the store is read only.
   */
  enforce(actor: Actor, check: () => Promise<void>): Promise<void>;
  verify(signal?: AbortSignal): Promise<IntegrityReport>;
  /** Signs the last head. */
  stop(): Promise<void>;
}

export interface AcceptedTrail {
  /** Value for `after` of the audit line. */
  readonly acceptance: Acceptance;
  readonly marks: readonly MarkChange[];
}
