/**
 * Reads the audit trail from its first line to its last. Each line is checked against the line before it, so one bad
 * line is one break, and the lines after it are still used. The data of a bad line about marked documents is lost.
 * After that, only a line that names every document (a baseline) restores the last version of each document.
 */
import type { Collection } from '../../engine/contract/ports/documents.ts';
import { CHAIN, macOfLine, withoutMac, type AuditLine, type ChainKey, type StoredLine } from './audit-line.ts';
import { createMarkLedger, type MarkLedger } from './mark-ledger.ts';

/** The end of the audit trail: its last line. */
export interface TrailHead {
  readonly number: number;
  readonly mac: string;
}

/** A place where the chain is broken. */
export interface ChainBreak {
  /**
   * Number of the first wrong line; `to` is the number of the last one. The line after a gap cannot be checked, because
   * the line before it is missing. So it counts as wrong too.
   */
  readonly number: number;
  readonly to: number;
  readonly why: 'missing' | 'changed' | 'cut off';
  /** True if the security administrator accepted the break. */
  readonly isAccepted: boolean;
}

export type ChainReport =
  | { readonly intact: true; readonly lines: number; readonly head: string }
  | {
      readonly intact: false;
      /** Number of valid lines before the first break. */
      readonly lines: number;
      readonly brokenAt: number;
      readonly why: ChainBreak['why'];
      /** At most `MAX_BREAKS`, in line order. */
      readonly breaks: readonly ChainBreak[];
      readonly breakCount: number;
    };

export interface Replay {
  readonly report: ChainReport;
  readonly head: TrailHead;
  readonly ledger: MarkLedger;
  /** The time when this store began to enforce marks, according to its audit line. */
  readonly enforcedAt: number | undefined;
  /** True if a line after the last baseline is broken, so the last version of some documents is unknown. */
  readonly isInDoubt: boolean;
  /** Actions without a result: they are still running, or their process died. */
  readonly open: readonly OpenAct[];
}

type OpenAct = Pick<AuditLine, 'number' | 'at' | 'action'> & { readonly subject?: string };

/** The action after which a store rejects documents without a valid mark. */
export const ENFORCE = 'integrity.enforce';
/** The action by which the security administrator accepts the current audit trail. */
export const ACCEPT = 'integrity.accept-trail';

/** The data that the result line of `ACCEPT` has in `after`. */
export interface Acceptance {
  /** First line, last line and kind of each break that was accepted. */
  readonly accepted: readonly (readonly [number, number, ChainBreak['why']])[];
  /**
   * Number of documents whose integrity marks this action recorded in the audit trail. Absent while integrity marks are
   * not enforced.
   */
  readonly documents?: number;
}

export const MAX_BREAKS = 500;
const PAGE = 500;

export interface WalkChain {
  readonly lines: Collection<StoredLine>;
  readonly key: ChainKey;
  /** Heads that are known from elsewhere. Their lines existed, so they must be in the audit trail. */
  readonly expected: readonly TrailHead[];
  readonly signal?: AbortSignal | undefined;
}

export async function walkChain({ lines, key, expected, signal }: WalkChain): Promise<Replay> {
  const breaks = createBreaks();
  const acts = createActs();
  let previous: TrailHead = { number: 0, mac: '' };
  for await (const line of allLines(lines, signal)) {
    const number = previous.number + 1;
    if (!Number.isSafeInteger(line.number) || line.number < number) {
      // Lines are read in the order of their numbers. A row with a number that was already passed is not a line of the
      // chain.
      breaks.add(number, number, 'changed');
      continue;
    }
    const isKnown = expected.every((one) => one.number !== number || one.mac === line.mac);
    if (line.number > number) breaks.add(number, line.number - 1, 'missing');
    else if (!isKnown || line.mac !== macOfLine(key, previous.mac, withoutMac(line))) breaks.add(number, number, 'changed');
    else acts.take(line);
    previous = { number: line.number, mac: line.mac };
  }
  const last = Math.max(...expected.map(({ number }) => number));
  if (previous.number < last) breaks.add(previous.number + 1, last, 'cut off');
  return {
    report: breaks.report(previous, acts.accepted),
    head: previous,
    ledger: acts.ledger,
    enforcedAt: acts.enforcedAt(),
    isInDoubt: breaks.lastAt() > acts.baselineAt(),
    open: acts.open(),
  };
}

function createBreaks() {
  const found: Omit<ChainBreak, 'isAccepted'>[] = [];
  let count = 0;
  let lastAt = 0;
  return {
    add(number: number, to: number, why: ChainBreak['why']): void {
      lastAt = Math.max(lastAt, to);
      const last = found.at(-1);
      if (why === 'changed' && last?.why === why && number <= last.to + 1) {
        found[found.length - 1] = { ...last, to };
        return;
      }
      count += 1;
      if (found.length < MAX_BREAKS) found.push({ number, to, why });
    },
    lastAt: () => lastAt,
    report(head: TrailHead, accepted: ReadonlySet<string>): ChainReport {
      const [first] = found;
      if (first === undefined) return { intact: true, lines: head.number, head: head.mac };
      const breaks = found.map((one) => ({ ...one, isAccepted: accepted.has(keyOf(one.number, one.to, one.why)) }));
      return { intact: false, lines: first.number - 1, brokenAt: first.number, why: first.why, breaks, breakCount: count };
    },
  };
}

/** Collects the data of the valid lines. */
function createActs() {
  const ledger = createMarkLedger();
  const open = new Map<number, OpenAct>();
  const accepted = new Set<string>();
  let enforcedAt: number | undefined;
  let baselineAt = 0;

  /**
   * Starts a baseline at the action with this intent. Earlier lines are no longer needed to know the last version of a
   * document.
   */
  function beginAt(intent: number): void {
    baselineAt = intent;
    ledger.begin(open.get(intent)?.at ?? 0);
    for (const number of open.keys()) if (number < intent) open.delete(number);
  }

  return {
    ledger,
    accepted,
    enforcedAt: () => enforcedAt,
    baselineAt: () => baselineAt,
    open: () => [...open.values()],
    take(line: StoredLine): void {
      const { number, at, action, subject, phase, intent, outcome, after } = line;
      for (const change of line.marks ?? []) ledger.take(change);
      if (phase === 'intent') open.set(number, { number, at, action, ...(subject === undefined ? {} : { subject }) });
      if (intent === undefined || outcome === undefined) return;
      if (outcome === 'done' && (action === ENFORCE || action === ACCEPT)) {
        const said = (after ?? {}) as Partial<Acceptance>;
        if (action === ENFORCE) enforcedAt ??= at;
        for (const one of said.accepted ?? []) accepted.add(keyOf(...one));
        if (said.documents !== undefined) beginAt(intent);
      }
      open.delete(intent);
    },
  };
}

function keyOf(number: number, to: number, why: string): string {
  return `${number} ${to} ${why}`;
}

async function* allLines(lines: Collection<StoredLine>, signal: AbortSignal | undefined): AsyncGenerator<StoredLine> {
  for (let after: string | undefined; ;) {
    signal?.throwIfAborted();
    const page = await lines.find({ chain: CHAIN }, { sort: ['number'], limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!._id;
  }
}
