/** What is known of a store's integrity, and what the security administrator does about it. */
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';
import type { Actor } from '../access/actor.ts';
import type { Acceptance, ChainBreak, ChainReport } from '../audit/walk-chain.ts';
import type { TrailProblem } from '../audit/trail-problem.ts';
import type { Finding } from '../../engine/integrity/integrity-state.ts';

export interface IntegrityReport {
  readonly chain: ChainReport;
  /** How many marked documents there are. */
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
  /** Since when the signed head has been missing; undefined once the trail was accepted, and while there is one. */
  headMissingSince(): number | undefined;
  /** Where the audit trail does not hold, by the last look at it. */
  breaks(): readonly ChainBreak[];
  /** The trail was empty when this process came, and so was the store: a first administrator may be made. */
  readonly isFirstStart: boolean;
  /** Resolves at once unless the store is read only, else when its trail is accepted. */
  released(signal: AbortSignal): Promise<void>;
  /** What stands is taken for what there is; a new head is signed. Called by an audited action; returns what to write in its line. */
  acceptTrail(): Promise<AcceptedTrail>;
  /** Marks the document as it stands (`keep`), or removes it. Called by an audited action; answers what to write in its line. */
  decide(collection: string, id: string, decision: 'keep' | 'remove'): Promise<MarkChange>;
  /**
   * Marks what stands and refuses what comes without a mark from now on, unless `check` rejects. Leaves its own audit lines: the result line must
   * stand before the store says that marks are enforced. AUDIT_TRAIL_REFUSED while the store is read only.
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
