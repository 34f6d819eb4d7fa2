/**
 * The audit trail: append-only lines in one chain, each MACed with HMAC-SM3 over the one before under a key that lies outside the
 * database (design page 3, section 3). A line cannot be changed, moved or cut out of the middle without the chain saying where.
 * Reasons are people's own words and may name a patient: they are stored sealed, and the MAC is over what is stored.
 */
import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError, toErrorRecord } from '../../engine/contract/errors.ts';
import type { Logger } from '../../engine/contract/observe.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Collection, CollectionSpec, Documents, Filter, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Seal, SealPlace } from '../../engine/contract/seal.ts';
import type { Actor, AuditNote } from '../actions/action.ts';
import { canonicalJson } from './canonical-json.ts';
import { withoutSecrets } from './without-secrets.ts';

export interface AuditLine {
  readonly chain: string;
  readonly number: number;
  readonly at: number;
  readonly phase: 'intent' | 'result';
  readonly action: string;
  readonly actor: string;
  readonly via: string;
  readonly from: string;
  readonly subject?: string;
  /** In the person's own words. */
  readonly reason?: string;
  /** On a result line: `done`, or the code of the error. */
  readonly outcome?: string;
  /** On a result line: the number of its intent line. */
  readonly intent?: number;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A line as it is stored and MACed. */
interface SealedLine extends Omit<AuditLine, 'reason'> {
  readonly sealedReason?: string;
}

interface StoredLine extends StoredDocument, SealedLine {
  readonly mac: string;
}

const auditSpec: CollectionSpec<StoredLine> = {
  name: 'audit',
  schema: Type.Object(
    { _id: Type.String(), chain: Type.String(), number: Type.Integer(), mac: Type.String() },
    { additionalProperties: true },
  ),
  indexes: [
    { name: 'chain', fields: ['chain', 'number'], unique: true },
    { name: 'by_actor', fields: ['actor', 'at'] },
    { name: 'by_action', fields: ['action', 'at'] },
  ],
};

export interface Intent {
  readonly line: AuditLine;
}

export interface AuditQuery {
  readonly actor?: string;
  readonly action?: string;
  /** Begin of the line's subject. */
  readonly subject?: string;
  /** Of result lines: `done`, `failed` for anything else, or the code of an error. */
  readonly outcome?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly after?: string;
}

export type ChainReport =
  | { readonly intact: true; readonly lines: number; readonly head: string }
  | { readonly intact: false; readonly lines: number; readonly brokenAt: number; readonly why: 'missing' | 'changed' | 'cut off' };

export interface AuditLog {
  intent(entry: { action: string; actor: Actor; subject?: string | undefined; reason?: string | undefined }): Promise<Intent>;
  result(intent: Intent, result: { outcome: string; note: AuditNote }): Promise<void>;
  list(query: AuditQuery): Promise<{ readonly items: readonly AuditLine[]; readonly next: string | undefined }>;
  /** Walks the whole chain; a break is also an alarm in the log. */
  verify(signal?: AbortSignal): Promise<ChainReport>;
}

export interface AuditDeps {
  readonly documents: Documents;
  readonly crypto: Crypto;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Kept outside the database (derived from the key-encryption key). */
  readonly auditKey: Uint8Array;
}

const CHAIN = 'main';
const PAGE = 500;
const CLASHES = 50;
const START = '';

/** Opens the trail and finds its head. */
export async function openAuditLog(deps: AuditDeps): Promise<AuditLog> {
  const lines = await deps.documents.open(auditSpec);
  let head = await readHead(lines);
  let queue: Promise<unknown> = Promise.resolve();

  /** One line after the other within this process; against other processes the unique row id decides, and the loser takes the next number. */
  function append({ reason, ...entry }: Omit<AuditLine, 'chain' | 'number' | 'at'>): Promise<AuditLine> {
    const next = queue.then(async () => {
      for (let clash = 0; clash < CLASHES; clash++) {
        const number = head.number + 1;
        const sealedReason = reason === undefined ? undefined : deps.seal.seal(reasonPlace(number), reason);
        const line = JSON.parse(JSON.stringify({ ...entry, sealedReason, chain: CHAIN, number, at: deps.clock.now() })) as SealedLine;
        const stored: StoredLine = { _id: lineId(line.number), ...line, mac: macOf(deps, head.mac, line) };
        const result = await lines.insert(stored, { durability: 'full' });
        if (result.inserted) {
          head = { number: line.number, mac: stored.mac };
          return line;
        }
        head = await readHead(lines);
      }
      throw new AppError('AUDIT_BUSY', 'transient', 'The audit trail could not take the line; nothing was done.', { fix: 'Try again.' });
    });
    queue = next.catch(() => {});
    return next;
  }

  return {
    async intent({ action, actor, subject, reason }) {
      const line = await append({ phase: 'intent', action, ...whoIs(actor), ...given({ subject, reason }) });
      return { line };
    },
    async result({ line }, { outcome, note }) {
      const { action, actor, via, from } = line;
      const change = given({
        subject: note.subject,
        reason: note.reason,
        before: withoutSecrets(note.before),
        after: withoutSecrets(note.after),
      });
      await append({ phase: 'result', action, actor, via, from, outcome, intent: line.number, ...change });
    },
    list: (query) => listLines(lines, query, deps.seal),
    async verify(signal) {
      await queue;
      const report = await walkChain(lines, deps, head, signal);
      if (!report.intact) {
        const broken = new AppError('AUDIT_CHAIN_BROKEN', 'bug', `The audit trail is ${report.why} at line ${report.brokenAt}.`, {
          values: { line: report.brokenAt },
        });
        deps.logger.error('audit.chain-broken', broken, { line: report.brokenAt, why: report.why });
      }
      return report;
    },
  };
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

interface Head {
  readonly number: number;
  readonly mac: string;
}

async function readHead(lines: Collection<StoredLine>): Promise<Head> {
  const [last] = await lines.find({ chain: CHAIN }, { sort: ['-number'], limit: 1 });
  return last === undefined ? { number: 0, mac: START } : { number: last.number, mac: last.mac };
}

async function walkChain(lines: Collection<StoredLine>, deps: AuditDeps, expected: Head, signal?: AbortSignal): Promise<ChainReport> {
  let previous: Head = { number: 0, mac: START };
  for (let after: string | undefined; ;) {
    signal?.throwIfAborted();
    const page = await lines.find({ chain: CHAIN }, { sort: ['number'], limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const line of page) {
      const number = previous.number + 1;
      if (line.number !== number) return { intact: false, lines: previous.number, brokenAt: number, why: 'missing' };
      if (line.mac !== macOf(deps, previous.mac, withoutMac(line)))
        return { intact: false, lines: previous.number, brokenAt: number, why: 'changed' };
      previous = line;
    }
    after = page.at(-1)?._id;
    if (page.length < PAGE) break;
  }
  if (previous.number < expected.number) return { intact: false, lines: previous.number, brokenAt: previous.number + 1, why: 'cut off' };
  return { intact: true, lines: previous.number, head: previous.mac };
}

function macOf(deps: AuditDeps, previousMac: string, line: SealedLine): string {
  return Buffer.from(deps.crypto.hmac('sm3', deps.auditKey, `${previousMac}\n${canonicalJson(line)}`)).toString('hex');
}

/** Sorts as its number does. */
function lineId(number: number): string {
  return `${CHAIN}-${String(number).padStart(12, '0')}`;
}

function withoutMac({ _id, mac: _mac, ...line }: StoredLine): SealedLine {
  return line;
}

function reasonPlace(number: number): SealPlace {
  return { collection: auditSpec.name, id: lineId(number), field: 'reason' };
}

/** A reason that cannot be opened any more must not hide the line, nor the lines around it. */
function openLine(stored: StoredLine, seal: Seal): AuditLine {
  const { sealedReason, ...line } = withoutMac(stored);
  if (sealedReason === undefined) return line;
  try {
    return { ...line, reason: seal.openText(reasonPlace(line.number), sealedReason) };
  } catch (error) {
    return { ...line, reason: `(${toErrorRecord(error).code})` };
  }
}

function whoIs(actor: Actor): { actor: string; via: string; from: string } {
  return { actor: actor.account, via: actor.via, from: actor.from };
}

function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
