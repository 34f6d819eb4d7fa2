/**
 * The audit trail as people read it: one row per action that was run, joined from its intent line and its result line.
 */
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Collection, Filter } from '../../engine/contract/ports/documents.ts';
import { lineId, type AuditLine, type StoredLine } from './audit-line.ts';

export interface AuditAct extends Omit<AuditLine, 'phase' | 'intent' | 'chain'> {
  /** When the action ended; absent if it is still running or its process died. */
  readonly endedAt?: number;
  /** Number of consecutive autosaves of an editor that this row combines; the first one was at `at`. */
  readonly saves?: number;
  /** A dry run: the action only counted what it would do. */
  readonly isDryRun?: true;
}

export interface ActQuery {
  readonly actor?: string;
  readonly action?: string;
  /** Id of the object. Includes lines about its parts (`id@version`, `id/key`). */
  readonly object?: string;
  /** `done`, `failed` for any error, or the code of an error. */
  readonly outcome?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly after?: string;
}

/** The action by which editors save automatically at each pause. */
const AUTOSAVED = 'flows.save';
/** The action that reads this list. Its own intent line has no result yet and is left out. */
const READS = 'audit.acts';
const PAUSE_MS = 10 * 60_000;
const PAGE = 500;
/** Maximum number of lines that one request reads, even if few of them match. */
const MOST_READ = 5000;
/** An action counts as not ended if no result follows its intent within this many lines of the same person. */
const MOST_BEHIND = 200;

export async function listActs(
  lines: Collection<StoredLine>,
  query: ActQuery,
  open: (line: StoredLine) => AuditLine,
): Promise<{ readonly items: readonly AuditAct[]; readonly next: string | undefined }> {
  const acts: AuditAct[] = [];
  const foldable = new Map<string, number>();
  const ended = new Set<number>();
  let after = query.after;
  for (let read = 0; read < MOST_READ; read += PAGE) {
    const page = await lines.find(filterOf(query), { sort: ['-number'], limit: PAGE, ...(after === undefined ? {} : { after }) });
    const byNumber = new Map(page.map((line) => [line.number, line]));
    for (const line of page) {
      after = line._id;
      if (line.intent !== undefined) ended.add(line.intent);
      if (!isAbout(line, query.object)) continue;
      const act = line.phase === 'intent' ? await begun(line) : await done(line, byNumber);
      if (act === undefined || !fits(act, query.outcome)) continue;
      if (fold(act)) continue;
      acts.push(act);
      if (acts.length === query.limit) return { items: acts, next: after };
    }
    if (page.length < PAGE) return { items: acts, next: undefined };
  }
  return { items: acts, next: after };

  async function done(line: StoredLine, near: ReadonlyMap<number, StoredLine>): Promise<AuditAct | undefined> {
    // A line without an outcome only adds marks to an earlier line.
    if (line.outcome === undefined) return undefined;
    const intent = line.intent === undefined ? undefined : (near.get(line.intent) ?? (await lines.get(lineId(line.intent))));
    const { phase: _phase, intent: _intent, chain: _chain, ...result } = open(line);
    const { reason = undefined, at = line.at, subject = undefined } = intent === undefined ? {} : open(intent);
    return {
      ...(subject === undefined ? {} : { subject }),
      ...(reason === undefined ? {} : { reason }),
      ...result,
      at,
      endedAt: line.at,
      number: line.intent ?? line.number,
      ...(isRecord(line.after) && line.after['dryRun'] === true ? { isDryRun: true as const } : {}),
    };
  }

  /**
   * Returns a row for an action without a result. Returns undefined if the action has ended, because then its result
   * line makes the row.
   */
  async function begun(line: StoredLine): Promise<AuditAct | undefined> {
    if (ended.has(line.number) || line.action === READS) return undefined;
    const behind = await lines.find({ actor: line.actor, at: { gte: line.at } }, { sort: ['at'], limit: MOST_BEHIND });
    if (behind.some(({ intent }) => intent === line.number)) return undefined;
    const { phase: _phase, intent: _intent, chain: _chain, ...act } = open(line);
    return act;
  }

  /**
   * Joins an autosave to later ones of the same person if the pauses between them are short. Returns true if it did.
   */
  function fold(act: AuditAct): boolean {
    if (act.action !== AUTOSAVED || act.outcome !== 'done') return false;
    const key = `${act.actor} ${act.subject ?? ''}`;
    const index = foldable.get(key);
    const later = index === undefined ? undefined : acts[index];
    if (index === undefined || later === undefined || later.at - act.at > PAUSE_MS) {
      foldable.set(key, acts.length);
      return false;
    }
    acts[index] = { ...later, ...joined(act, later), at: act.at, saves: (later.saves ?? 1) + 1 };
    return true;
  }
}

/** Returns `before` of the earlier autosave and `after` of the later one. */
function joined(earlier: AuditAct, later: AuditAct): Pick<AuditAct, 'before' | 'after'> {
  const fields = (value: unknown) => (isRecord(value) ? value : {});
  return {
    before: { ...fields(later.before), ...fields(earlier.before) },
    after: { ...fields(earlier.after), ...fields(later.after) },
  };
}

function filterOf({ actor, action, object, from, to }: ActQuery): Filter {
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(object === undefined ? {} : { subject: { prefix: object } }),
    ...(from === undefined && to === undefined
      ? {}
      : { at: { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lt: to }) } }),
  };
}

function isAbout({ subject }: StoredLine, object: string | undefined): boolean {
  return object === undefined || subject === object || /^[@/ ]/.test(subject?.slice(object.length) ?? '');
}

function fits({ outcome }: AuditAct, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted === 'failed' ? outcome !== undefined && outcome !== 'done' : outcome === wanted;
}
