/**
 * Moves executions that ended days ago from the store into files. A segment is written, flushed, read back and given
 * its final name. Only then are its executions removed from the store. A crash before the segment has its name leaves a
 * file that is ignored. A crash after it leaves a segment marked as `removing`, and the next run continues the removal.
 * So no execution is lost, and none is in the archive twice.
 */
import { join } from 'node:path';
import type { Clock } from '../contract/values/clock.ts';
import type { Logger, Metrics } from '../contract/values/observe.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collection, StoredDocument } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';
import { createTimedId } from '../contract/values/ids.ts';
import { TERMINAL, type ExecutionDocument, type LateOutcomeDocument, type LegDocument } from '../execution/execution-document.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import { dayOf, listDays, listSegments, listUnfinished, makeDay } from './archive-folder.ts';
import {
  readIndex,
  readMember,
  removeUnfinished,
  settleSegment,
  writeSegment,
  type MemberLine,
  type SegmentWriter,
} from './segment-file.ts';

export interface ArchiveDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly legs: Collection<LegDocument>;
  readonly lateOutcomes: Collection<LateOutcomeDocument>;
  readonly blobs: Blobs;
  readonly seal: Seal;
  readonly published: Pick<PublishedFlows, 'at'>;
  readonly folder: string;
  readonly afterDays: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface ArchiveResult {
  readonly archived: number;
  /**
   * Number of executions that changed while they were written. The next run archives them again, and the later copy
   * counts.
   */
  readonly changed: number;
}

const DAY_MS = 86_400_000;
const PAGE = 200;
const MOST_EXECUTIONS = 20_000;
const MOST_BYTES = 256 * 1024 * 1024;
const BLOB_PART_BYTES = 256 * 1024;
/** How long a repeated Idempotency-Key of a caller gets the stored reply, in milliseconds. */
const ANSWER_MS = DAY_MS;

export interface ArchiveWatch {
  /** Returns false if this process must stop, or no longer holds the archive's lease. Checked before each removal. */
  mayGoOn(): boolean;
  /**
   * Returns true if a person wants the run to stop. The executions of a finished segment are still removed from the
   * store; a half-written segment is deleted.
   */
  isStopWanted?(): boolean;
  /** Called with the number of executions moved so far, including those of the segment that is being written. */
  onProgress?(archived: number): void;
}

export async function archiveExecutions(deps: ArchiveDeps, watch: ArchiveWatch): Promise<ArchiveResult> {
  const { mayGoOn } = watch;
  let archived = 0;
  let changed = 0;
  for (const day of await listDays(deps.folder)) {
    for (const path of await listUnfinished(deps.folder, day)) await removeUnfinished(path);
    for (const { path, indexPath, isRemoving } of await listSegments(deps.folder, day))
      if (isRemoving && mayGoOn()) changed += await removeArchived(path, indexPath, deps, mayGoOn);
  }
  for (const status of TERMINAL) {
    for (let behind: string | undefined; mayGoOn() && watch.isStopWanted?.() !== true;) {
      const before = archived;
      const written = await writeNext(status, behind, deps, { ...watch, onProgress: (count) => watch.onProgress?.(before + count) });
      behind = written.passed;
      if (written.path !== undefined && written.indexPath !== undefined) {
        changed += await removeArchived(written.path, written.indexPath, deps, mayGoOn);
        archived += written.count;
      }
      if (written.isEnd) break;
    }
  }
  if (archived > 0) deps.log.info('archive.written', { archived, changed });
  deps.metrics.count('archived_total', {}, archived);
  return { archived, changed };
}

interface Written {
  readonly path?: string;
  readonly indexPath?: string;
  readonly count: number;
  readonly isEnd: boolean;
  /** Id of the last execution that was checked and must stay in the store. The next segment starts after it. */
  readonly passed: string | undefined;
}

/** Writes one segment: executions of one day and status, oldest first. */
async function writeNext(
  status: ExecutionDocument['status'],
  from: string | undefined,
  deps: ArchiveDeps,
  watch: ArchiveWatch,
): Promise<Written> {
  const open: { segment?: OpenSegment } = {};
  try {
    const filled = await fill(open, status, from, deps, watch);
    if (open.segment === undefined) return { ...filled, count: 0 };
    if (watch.isStopWanted?.() === true) {
      await open.segment.writer.abandon();
      return { ...filled, count: 0 };
    }
    const { path, writer } = open.segment;
    return { ...filled, path, indexPath: await writer.finish(), count: writer.count };
  } catch (error) {
    await open.segment?.writer.abandon();
    throw error;
  }
}

interface OpenSegment {
  readonly day: string;
  readonly path: string;
  readonly writer: SegmentWriter;
}

async function fill(
  open: { segment?: OpenSegment },
  status: ExecutionDocument['status'],
  from: string | undefined,
  deps: ArchiveDeps,
  watch: ArchiveWatch,
): Promise<Pick<Written, 'isEnd' | 'passed'>> {
  let passed = from;
  const filter = { status, ...isOldEnough(deps) };
  for (let after = from; ;) {
    watch.onProgress?.(open.segment?.writer.count ?? 0);
    if (watch.isStopWanted?.() === true) return { isEnd: true, passed };
    const page = await deps.executions.find(filter, { sort: ['acceptedAt'], limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const execution of page) {
      if (await isDone(execution, deps)) {
        const day = dayOf(execution.acceptedAt);
        if (open.segment !== undefined && (open.segment.day !== day || isFull(open.segment.writer))) return { isEnd: false, passed };
        open.segment ??= await openSegment(day, deps);
        await open.segment.writer.add(execution, linesOf(execution, deps));
      } else passed = execution._id;
      after = execution._id;
    }
    if (page.length < PAGE) return { isEnd: true, passed };
  }
}

/** Returns the filter for executions that are old enough. */
export function isOldEnough({ clock, afterDays }: Pick<ArchiveDeps, 'clock' | 'afterDays'>) {
  return { acceptedAt: { lt: clock.now() - afterDays * DAY_MS } };
}

function isFull({ count, sizeBytes }: SegmentWriter): boolean {
  return count >= MOST_EXECUTIONS || sizeBytes >= MOST_BYTES;
}

async function openSegment(day: string, { folder, clock }: ArchiveDeps): Promise<OpenSegment> {
  await makeDay(folder, day);
  const path = join(folder, day, createTimedId('seg', clock.now()));
  return { day, path, writer: await writeSegment(path) };
}

/**
 * Returns whether the execution may leave the store. Its dedupe key must have refused repeats for the whole dedupe
 * window (at least a day), and `keptUntil` must have passed.
 */
async function isDone(
  { flowId, version, finishedAt, acceptedAt, keptUntil = 0 }: ExecutionDocument,
  { published, clock }: ArchiveDeps,
): Promise<boolean> {
  const flow = await published.at(flowId, version).catch(() => undefined);
  const windowMs = Math.max(ANSWER_MS, (flow?.document.ingress?.dedupe?.windowSec ?? 0) * 1000);
  return Math.max((finishedAt ?? acceptedAt) + windowMs, keptUntil) < clock.now();
}

async function* linesOf(execution: ExecutionDocument, { legs, lateOutcomes, blobs, seal }: ArchiveDeps): AsyncIterable<MemberLine> {
  const own = await all(legs, { execution: execution._id });
  const late = await all(lateOutcomes, { execution: execution._id });
  for (const blob of payloadBlobs(execution, own, late)) {
    let part = 0;
    for await (const chunk of blobs.get(blob))
      for (let at = 0; at < chunk.byteLength; at += BLOB_PART_BYTES)
        yield { blob, part: part++, sealed: seal.seal(blobPlace(blob, part - 1), chunk.subarray(at, at + BLOB_PART_BYTES)) };
  }
  for (const leg of own) yield { leg };
  for (const outcome of late) yield { late: outcome };
  yield { execution };
}

/** Large payloads are archived. Files that a payload only names are not: they may be many gigabytes. */
function payloadBlobs(
  { input, reply, legs }: ExecutionDocument,
  own: readonly LegDocument[],
  late: readonly LateOutcomeDocument[],
): Set<string> {
  const payloads = [input, reply, ...[...Object.values(legs), ...own, ...late].map(({ payload }) => payload)];
  return new Set(payloads.flatMap((stored) => (stored !== undefined && 'blob' in stored ? [stored.blob] : [])));
}

export function blobPlace(blob: string, part: number) {
  return { collection: 'archive', id: blob, field: String(part) };
}

/**
 * Removes the executions of a segment from the store, except those that changed since they were written. Returns the
 * number of changed ones.
 */
async function removeArchived(path: string, indexPath: string, deps: ArchiveDeps, mayGoOn: () => boolean): Promise<number> {
  const { executions, legs, lateOutcomes } = deps;
  let changed = 0;
  for (const line of await readIndex(indexPath)) {
    if (!mayGoOn()) return changed;
    const stored = await executions.get(line.head._id);
    const lines = await readMember(path, line);
    const last = lines.at(-1);
    if (
      stored !== undefined &&
      (last === undefined || !('execution' in last) || JSON.stringify(stored) !== JSON.stringify(last.execution))
    ) {
      changed += 1;
      continue;
    }
    if (stored !== undefined) await executions.remove(stored._id, { status: stored.status, epoch: stored.epoch });
    for (const member of lines) {
      if ('leg' in member) await legs.remove(member.leg._id);
      if ('late' in member) await lateOutcomes.remove(member.late._id);
    }
  }
  // No document refers to the blobs of the removed executions any more, so the blob sweep deletes them.
  await settleSegment(indexPath);
  return changed;
}

async function all<T extends StoredDocument>(collection: Collection<T>, filter: { readonly execution: string }): Promise<readonly T[]> {
  const found: T[] = [];
  for (let after: string | undefined; ; after = found.at(-1)!._id) {
    const page = await collection.find(filter, { limit: 1000, ...(after === undefined ? {} : { after }) });
    found.push(...page);
    if (page.length < 1000) return found;
  }
}
