/**
 * Reads the archive: its days, lists of executions (with the filters that lists of stored executions have), and single
 * executions.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { timeOfId } from '../contract/values/ids.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collection, StoredDocument } from '../contract/ports/documents.ts';
import { matchesFilter } from '../contract/ports/document-semantics.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { ExecutionDocument, LateOutcomeDocument, LegDocument } from '../execution/execution-document.ts';
import { type DocumentPage, type ExecutionQuery, filtersOf } from '../execution/execution-query.ts';
import { createPayloads, type Payloads } from '../execution/payloads.ts';
import { blobPlace } from './archive-executions.ts';
import { dayOf, listDays, listSegments, sizeOf, type Segment } from './archive-folder.ts';
import { readIndex, readMember, type IndexLine, type MemberLine } from './segment-file.ts';

export interface ArchiveDay {
  /** For example `2026-11-25`, UTC. */
  readonly day: string;
  readonly executions: number;
  readonly bytes: number;
}

/** An archived execution. Its parts can be read in the same way as those of a stored execution. */
export interface ArchivedExecution {
  readonly execution: ExecutionDocument;
  readonly legs: Pick<Collection<LegDocument>, 'find'>;
  readonly lateOutcomes: Pick<Collection<LateOutcomeDocument>, 'find'>;
  readonly payloads: Payloads;
}

export interface ArchiveReader {
  days(): Promise<readonly ArchiveDay[]>;
  list(query: ExecutionQuery): Promise<DocumentPage>;
  get(executionId: string): Promise<ArchivedExecution | undefined>;
}

export interface ReaderDeps {
  readonly folder: string;
  readonly seal: Seal;
  readonly clock: Clock;
  /** Returns the time from which payloads are bound to their place (see `createPayloads`). */
  readonly boundSince?: (() => number | undefined) | undefined;
}

const BUDGET_MS = 10_000;
const DAY_MS = 86_400_000;

export function createArchiveReader(deps: ReaderDeps): ArchiveReader {
  const { folder } = deps;
  return {
    async days() {
      return Promise.all(
        (await listDays(folder)).map(async (day) => {
          const segments = await listSegments(folder, day);
          const bytes = await Promise.all(segments.map(sizeOf));
          return { day, executions: sum(segments.map(({ count }) => count)), bytes: sum(bytes) };
        }),
      );
    },
    list: (query) => listArchived(query, deps),
    async get(executionId) {
      const found = await findLine(folder, executionId);
      return found && toArchived(await readMember(found.segment.path, found.line), deps);
    },
  };
}

/** Returns the error for requests to an installation without an archive. */
export function archiveAbsent(): AppError {
  return new AppError('ARCHIVE_ABSENT', 'input', 'No archive is set up.', {
    fix: 'Set KQ_ARCHIVE_FOLDER to a folder that workers and control share.',
  });
}

/** Lists archived executions, newest first. The cursor of the next page is `<acceptedAt>~<id>`. */
async function listArchived(query: ExecutionQuery, { folder, seal, clock }: ReaderDeps): Promise<DocumentPage> {
  const startedAt = clock.monotonic();
  const text = query.text?.trim() ?? '';
  const filters = filtersOf(query, seal);
  const behind = positionOf(query.after);
  const from = query.from === undefined ? '' : dayOf(query.from);
  const to = dayOf(Math.min(query.to ?? clock.now(), behind?.acceptedAt ?? Infinity));
  const found: ExecutionDocument[] = [];
  for (const day of [...(await listDays(folder))].reverse()) {
    if (day < from || day > to) continue;
    if (clock.monotonic() - startedAt > BUDGET_MS) return { found, next: undefined, searchedFrom: Date.parse(day) + DAY_MS };
    const heads = [...(await headsOf(folder, day)).values()]
      .filter((head) => filters.some((filter) => matchesFilter(head, filter)) && isMeant(head, text) && (!behind || isBehind(head, behind)))
      .sort(newestFirst);
    found.push(...heads.slice(0, query.limit - found.length));
    if (found.length === query.limit) {
      const last = found.at(-1)!;
      return { found, next: `${last.acceptedAt}~${last._id}`, searchedFrom: undefined };
    }
  }
  return { found, next: undefined, searchedFrom: undefined };
}

/**
 * Returns the executions of a day by id. An execution that changed while it was archived is also in a later segment;
 * the later copy counts.
 */
async function headsOf(folder: string, day: string): Promise<ReadonlyMap<string, ExecutionDocument>> {
  const heads = new Map<string, ExecutionDocument>();
  for (const { indexPath } of await listSegments(folder, day)) for (const { head } of await readIndex(indexPath)) heads.set(head._id, head);
  return heads;
}

/**
 * Finds the index line of an execution. The id contains the time of creation, which gives the day to search. Around
 * midnight, the execution may have been accepted on the day before or after.
 */
async function findLine(folder: string, id: string): Promise<{ readonly segment: Segment; readonly line: IndexLine } | undefined> {
  const at = timeOfId(id);
  if (at === undefined) return undefined;
  const likely = [0, 1, -1].map((days) => dayOf(at + days * DAY_MS));
  const there = new Set(await listDays(folder));
  for (const day of likely.filter((one) => there.has(one))) {
    for (const segment of [...(await listSegments(folder, day))].reverse()) {
      const line = (await readIndex(segment.indexPath)).find(({ head }) => head._id === id);
      if (line !== undefined) return { segment, line };
    }
  }
  return undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function toArchived(lines: readonly MemberLine[], { seal, boundSince }: ReaderDeps): ArchivedExecution | undefined {
  const last = lines.at(-1);
  if (last === undefined || !('execution' in last)) return undefined;
  const parts = new Map<string, Uint8Array[]>();
  for (const line of lines) {
    if (!('blob' in line)) continue;
    const own = parts.get(line.blob) ?? [];
    parts.set(line.blob, own);
    own.push(seal.open(blobPlace(line.blob, line.part), line.sealed));
  }
  const payloads = createPayloads(seal, archivedBlobs(parts), boundSince);
  return {
    execution: last.execution,
    legs: fixed(lines.flatMap((line) => ('leg' in line ? [line.leg] : []))),
    lateOutcomes: fixed(lines.flatMap((line) => ('late' in line ? [line.late] : []))),
    payloads,
  };
}

function fixed<T extends StoredDocument>(documents: readonly T[]): Pick<Collection<T>, 'find'> {
  return { find: (_filter, { after }) => Promise.resolve(after === undefined ? documents : []) };
}

function archivedBlobs(parts: ReadonlyMap<string, readonly Uint8Array[]>): Blobs {
  const readOnly = () => Promise.reject(new AppError('ARCHIVE_READ_ONLY', 'bug', 'Nothing is stored in the archive this way.'));
  return {
    async *get(blobId) {
      yield* parts.get(blobId) ?? [];
    },
    put: readOnly,
    remove: readOnly,
    async *list() {},
    close: () => Promise.resolve(),
  };
}

interface Position {
  readonly acceptedAt: number;
  readonly _id: string;
}

function positionOf(after: string | undefined): Position | undefined {
  const [, at, id] = /^(\d+)~(.+)$/.exec(after ?? '') ?? [];
  return at === undefined || id === undefined ? undefined : { acceptedAt: Number(at), _id: id };
}

function isMeant({ _id, traceId }: ExecutionDocument, text: string): boolean {
  return text === '' || _id.startsWith(text) || traceId?.startsWith(text) === true;
}

function isBehind(a: Position, b: Position): boolean {
  return newestFirst(b, a) < 0;
}

function newestFirst(a: Position, b: Position): number {
  return b.acceptedAt - a.acceptedAt || (a._id < b._id ? -1 : 1);
}
