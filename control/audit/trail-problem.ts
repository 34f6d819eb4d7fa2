/** The reasons why a store is read only: its audit trail is not the one that was written. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Replay } from './walk-chain.ts';
import type { AuditHead } from './audit-head.ts';

/**
 * - `older`: lines that existed when the head was signed are missing.
 * - `other`: the line that the head names has other content.
 * - `broken`: a line inside the audit trail is missing or changed, so the last version of some documents is unknown.
 * - `unreadable`: the head itself was changed or cannot be read.
 */
export interface TrailProblem {
  readonly why: 'older' | 'other' | 'broken' | 'unreadable';
  readonly headNumber?: number;
  readonly headAt?: number;
  readonly lines: number;
  /** The first broken line. */
  readonly line?: number;
}

export function problemOf(head: AuditHead | undefined, replay: Replay, isEnforced: boolean): TrailProblem | undefined {
  const { report, head: last, isInDoubt } = replay;
  const breaks = report.intact ? [] : report.breaks.filter(({ isAccepted }) => !isAccepted);
  const told = { lines: last.number, ...(head === undefined ? {} : { headNumber: head.number, headAt: head.at }) };
  if (head !== undefined) {
    const { number } = head;
    // Lines at the end may have been cut off and a new line with a high number added. Then the lines before it are
    // missing, up to the number in the head.
    const isCut = breaks.some((one) => one.why === 'missing' && one.number <= number && one.to >= number - 1);
    if (last.number < number || isCut) return { why: 'older', ...told };
    if (breaks.some((one) => one.why === 'changed' && one.number <= number && one.to >= number)) return { why: 'other', ...told };
  }
  // Before marks are enforced, no decision depends on what the audit lines record about documents, so missing lines do
  // not matter.
  if (!isInDoubt || !isEnforced) return undefined;
  const [first] = breaks;
  return { why: 'broken', ...told, ...(first === undefined ? {} : { line: first.number }) };
}

export function trailRefused({ why, headNumber = 0, lines, line = 0 }: TrailProblem): AppError {
  const what = {
    older: `The audit trail has ${lines} lines, but its signed head is for line ${headNumber}: lines were cut off, or the store is an older copy.`,
    other: `Line ${headNumber} of the audit trail is not the line for which its head was signed.`,
    broken: `Line ${line} of the audit trail is missing or was changed, so documents may have been rolled back unnoticed.`,
    unreadable: 'The signed head of the audit trail was changed, or cannot be read.',
  }[why];
  const values = why === 'broken' ? { why, line } : { why, headNumber, lines };
  return new AppError('AUDIT_TRAIL_REFUSED', 'bug', `${what} The store is read only, and no messages are processed.`, {
    values,
    fix: 'Restore the right store. If this one is correct, let the security administrator accept it on the system page; if none can log in: kangqiao verify --offline --accept REASON.',
  });
}
