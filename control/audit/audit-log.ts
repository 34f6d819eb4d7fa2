/**
 * The audit trail: append-only lines in one chain. Each line has an HMAC-SM3 over itself and the line before it, with a
 * key that is not in the database. If a line is changed, moved or removed from the middle, the chain shows where
 * (`walk-chain.ts`). Reasons and changes of documents may name a patient. They are stored encrypted, and the MAC covers
 * the encrypted form.
 */
import { given } from '../../engine/contract/values/given.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Collection, Documents, Filter } from '../../engine/contract/ports/documents.ts';
import type { Seal, SealPlace } from '../../engine/contract/values/seal.ts';
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';
import type { AuditNote } from './audit-note.ts';
import type { Actor } from '../access/actor.ts';
import { auditSpec, CHAIN, lineId, macOfLine, withoutMac, type AuditLine, type SealedLine, type StoredLine } from './audit-line.ts';
import type { ChangedFields } from './changed-fields.ts';
import { listActs, type ActQuery } from './list-acts.ts';
import { walkChain, type ChainBreak, type ChainReport, type Replay, type TrailHead } from './walk-chain.ts';
import { withoutSecrets } from './without-secrets.ts';

export interface Intent {
  readonly line: AuditLine;
}

export interface AuditQuery {
  readonly actor?: string;
  readonly action?: string;
  /** Beginning of the line's subject. */
  readonly subject?: string;
  /** Outcome of result lines: `done`, `failed` for any error, or the code of an error. */
  readonly outcome?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly after?: string;
}

export interface AuditLog {
  intent(entry: { action: string; actor: Actor; subject?: string | undefined; reason?: string | undefined }): Promise<Intent>;
  /** Writes the result line. `marks` are the marked documents that the action wrote or removed. */
  result(intent: Intent, result: { outcome: string; note: AuditNote; marks?: readonly MarkChange[] }): Promise<void>;
  list(query: AuditQuery): Promise<{ readonly items: readonly AuditLine[]; readonly next: string | undefined }>;
  /** Returns the lines after the number, oldest first. */
  after(number: number, limit: number): Promise<readonly AuditLine[]>;
  /** Returns one row per action that was run, newest first. */
  acts(query: ActQuery): ReturnType<typeof listActs>;
  /** Checks the whole chain and logs each break as an error. */
  verify(signal?: AbortSignal): Promise<ChainReport>;
  /**
   * Checks the whole chain and also collects what the lines record about marked documents. `expected` is a head that
   * was stored elsewhere.
   */
  replay(options?: { readonly expected?: TrailHead | undefined; readonly signal?: AbortSignal | undefined }): Promise<Replay>;
  head(): TrailHead;
}

export interface AuditDeps {
  readonly documents: Documents;
  readonly crypto: Crypto;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Key of the MACs. It is derived from the key-encryption key and not stored in the database. */
  readonly auditKey: Uint8Array;
}

/** A line before its reason and changes are encrypted. */
type Unsealed = Omit<AuditLine & SealedLine, 'chain' | 'number' | 'at'> & { readonly changes?: ChangedFields };

/**
 * Maximum number of marks in one line, which are about 100 KB. Further marks go into further result lines of the same
 * action.
 */
const MARKS_A_LINE = 500;
const CLASHES = 50;

/** Opens the audit trail and finds its last line. */
export async function openAuditLog(deps: AuditDeps): Promise<AuditLog> {
  const lines = await deps.documents.open(auditSpec);
  let head = await readHead(lines);
  let queue: Promise<unknown> = Promise.resolve();
  const told = new Set<string>();

  /**
   * Appends lines in sequence within this process. If two processes write the same line number, the unique row id
   * admits only one; the other process retries with the next number.
   */
  function append({ reason, changes, ...entry }: Unsealed): Promise<AuditLine> {
    const next = queue.then(async () => {
      for (let clash = 0; clash < CLASHES; clash++) {
        const number = head.number + 1;
        const sealedReason = reason === undefined ? undefined : deps.seal.seal(reasonPlace(number), reason);
        const sealedChanges =
          changes === undefined ? undefined : deps.seal.seal(changesPlace(number), JSON.stringify(withoutSecrets(changes)));
        const line = JSON.parse(
          JSON.stringify({ ...entry, sealedReason, sealedChanges, chain: CHAIN, number, at: deps.clock.now() }),
        ) as SealedLine;
        const stored: StoredLine = { _id: lineId(line.number), ...line, mac: macOfLine(deps, head.mac, line) };
        const result = await lines.insert(stored, { durability: 'full' });
        if (result.inserted) {
          head = { number: line.number, mac: stored.mac };
          return line;
        }
        head = await readHead(lines);
      }
      throw new AppError('AUDIT_BUSY', 'transient', 'The audit line could not be written; nothing was done.', { fix: 'Try again.' });
    });
    queue = next.catch(() => {});
    return next;
  }

  return {
    async intent({ action, actor, subject, reason }) {
      const line = await append({ phase: 'intent', action, ...whoIs(actor), ...given({ subject, reason }) });
      return { line };
    },
    async result({ line }, { outcome, note, marks = [] }) {
      const { action, actor, via, from } = line;
      const change = given({
        subject: note.subject,
        reason: note.reason,
        before: withoutSecrets(note.before),
        after: withoutSecrets(note.after),
        changes: note.changes,
      });
      const result = { phase: 'result', action, actor, via, from, intent: line.number } as const;
      // Write the outcome last. A line with an outcome then proves that no mark of the action is missing.
      let at = 0;
      for (; marks.length - at > MARKS_A_LINE; at += MARKS_A_LINE)
        await append({ ...result, ...given({ subject: note.subject }), marks: marks.slice(at, at + MARKS_A_LINE) });
      await append({ ...result, outcome, ...change, ...(marks.length === 0 ? {} : { marks: marks.slice(at) }) });
    },
    list: (query) => listLines(lines, query, deps.seal),
    after: async (number, limit) =>
      (await lines.find({ chain: CHAIN, number: { gt: number } }, { sort: ['number'], limit })).map((line) => openLine(line, deps.seal)),
    acts: (query) => listActs(lines, query, (line) => openLine(line, deps.seal)),
    async verify(signal) {
      const { report } = await replay({ signal });
      return report;
    },
    replay,
    head: () => head,
  };

  async function replay({ expected, signal }: Parameters<AuditLog['replay']>[0] = {}): Promise<Replay> {
    await queue;
    const replayed = await walkChain({ lines, key: deps, expected: [head, ...(expected === undefined ? [] : [expected])], signal });
    if (!replayed.report.intact) logBreaks(replayed.report.breaks, told, deps.logger);
    return replayed;
  }
}

/**
 * Logs each break only once. A process that waits for an acceptance reads the audit trail repeatedly and would log them
 * each time.
 */
function logBreaks(breaks: readonly ChainBreak[], told: Set<string>, logger: Logger): void {
  for (const { number, to, why, isAccepted } of breaks) {
    const key = `${number} ${to} ${why}`;
    if (isAccepted || told.has(key)) continue;
    told.add(key);
    logger.error('audit.chain-broken', chainBroken({ number, to, why }), { line: number, to, why });
  }
}

export function chainBroken({ number, to, why }: Pick<ChainBreak, 'number' | 'to' | 'why'>): AppError {
  const lines = number === to ? `Line ${number}` : `Lines ${number} to ${to}`;
  return new AppError('AUDIT_CHAIN_BROKEN', 'bug', `${lines} of the audit trail: ${why}.`, {
    values: { line: number, to, why },
    fix: 'Compare with a backup and find out who wrote to the store; then let the security administrator accept the trail.',
  });
}

const FAILED = 'failed';

async function listLines(lines: Collection<StoredLine>, query: AuditQuery, seal: Seal) {
  const { actor, action, subject, outcome, from, to, limit } = query;
  const filter = given({
    actor,
    action,
    subject: subject === undefined ? undefined : { prefix: subject },
    outcome: outcome === FAILED ? { exists: true } : outcome,
    at: from === undefined && to === undefined ? undefined : given({ gte: from, lt: to }),
  }) as Filter;
  const found: StoredLine[] = [];
  for (let { after } = query; ;) {
    const page = await lines.find(filter, { sort: ['-number'], limit, ...(after === undefined ? {} : { after }) });
    for (const line of page) {
      if (outcome === FAILED && line.outcome === 'done') continue;
      found.push(line);
      if (found.length === limit) return { items: found.map((one) => openLine(one, seal)), next: line._id };
    }
    if (page.length < limit) return { items: found.map((line) => openLine(line, seal)), next: undefined };
    after = page.at(-1)!._id;
  }
}

async function readHead(lines: Collection<StoredLine>): Promise<TrailHead> {
  const [last] = await lines.find({ chain: CHAIN }, { sort: ['-number'], limit: 1 });
  return last === undefined ? { number: 0, mac: '' } : { number: last.number, mac: last.mac };
}

function reasonPlace(number: number): SealPlace {
  return { collection: auditSpec.name, id: lineId(number), field: 'reason' };
}

function changesPlace(number: number): SealPlace {
  return { collection: auditSpec.name, id: lineId(number), field: 'changes' };
}

/**
 * Returns the line with its encrypted texts opened. If a text cannot be opened, its error code is shown instead, so
 * that this line and the others stay readable.
 */
function openLine(stored: StoredLine, seal: Seal): AuditLine {
  const { sealedReason, sealedChanges, marks: _marks, ...line } = withoutMac(stored);
  const reason = opened(seal, reasonPlace(line.number), sealedReason);
  const changes = opened(seal, changesPlace(line.number), sealedChanges);
  return {
    ...line,
    ...(reason === undefined ? {} : { reason: reason.text ?? `(${reason.code})` }),
    ...(changes === undefined ? {} : withChanges(line, changes)),
  };
}

interface Opened {
  readonly text?: string;
  /** Code of the error that prevented opening the text. */
  readonly code?: string;
}

function opened(seal: Seal, place: SealPlace, sealed: string | undefined): Opened | undefined {
  if (sealed === undefined) return undefined;
  try {
    return { text: seal.openText(place, sealed) };
  } catch (error) {
    return { code: toErrorRecord(error).code };
  }
}

function withChanges({ before, after }: Pick<AuditLine, 'before' | 'after'>, { text, code }: Opened): Pick<AuditLine, 'before' | 'after'> {
  if (text === undefined) return { before, after: { ...(after as object | undefined), '…': code } };
  const changes = JSON.parse(text) as ChangedFields;
  return {
    before: { ...(before as object | undefined), ...changes.before },
    after: { ...changes.after, ...(after as object | undefined) },
  };
}

function whoIs(actor: Actor): { actor: string; via: string; from: string } {
  return { actor: actor.account, via: actor.via, from: actor.from };
}
