/**
 * Stores the requested, current or last run of the archive. There is one document, because only one worker archives at
 * a time. Control writes a person's request; the worker writes its progress. Each change is one conditional update, so
 * one of two simultaneous requests is refused.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';

export interface ArchiveRun {
  readonly runId: string;
  /** The account that requested the run; absent if the run started automatically, which happens every hour. */
  readonly by?: string;
  /** `wanted` means that no worker has started the run yet. */
  readonly status: 'wanted' | 'running' | 'done' | 'stopped' | 'failed';
  /** When the run was requested, or started automatically. */
  readonly at: number;
  /** Time of the run's last report. */
  readonly seenAt: number;
  /**
   * Number of executions that are old enough, counted at the start, at most 30,000. Some of them may have to stay in
   * the store until their dedupe keys expire.
   */
  readonly candidates: number;
  /** Executions moved so far. */
  readonly archived: number;
  readonly errorCode?: string;
}

/** Returns true if the run is requested or running. */
export function isOpenRun({ status }: Pick<ArchiveRun, 'status'>): boolean {
  return status === 'wanted' || status === 'running';
}

interface RunDocument extends StoredDocument, ArchiveRun {
  readonly isStopWanted: boolean;
}

export interface ArchiveRuns {
  latest(): Promise<ArchiveRun | undefined>;
  /** Requests a run. Rejects with ARCHIVE_RUNNING (input) if another run is requested or running. */
  request(by: string): Promise<ArchiveRun>;
  /** Cancels a requested run, or asks a running one to stop. Moved executions stay moved. */
  stop(runId: string): Promise<void>;
  /**
   * Called by the worker that holds the archive's lease. Starts the requested run, or an automatic one if none is
   * requested.
   */
  begin(candidates: number): Promise<ArchiveRun>;
  /** Reports progress. Returns whether a person wants the run to stop. */
  note(runId: string, archived: number): Promise<boolean>;
  end(runId: string, outcome: Pick<ArchiveRun, 'status' | 'archived' | 'errorCode'>): Promise<void>;
}

const archiveRunsSpec: CollectionSpec<RunDocument> = {
  name: 'archive_runs',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
};

const ID = 'run';
/** If a run has sent no report for this long, its worker has died. */
const LOST_AFTER_MS = 60_000;

export async function openArchiveRuns(documents: Documents, clock: Clock): Promise<ArchiveRuns> {
  const stored = await documents.open(archiveRunsSpec);

  const latest = async () => {
    const document = await stored.get(ID);
    if (document === undefined) return undefined;
    const { _id, isStopWanted: _isStopWanted, ...run } = document;
    return run;
  };

  function fresh(status: 'wanted' | 'running', more: Partial<ArchiveRun>): RunDocument {
    const at = clock.now();
    return { _id: ID, runId: createTimedId('arc', at), status, at, seenAt: at, candidates: 0, archived: 0, ...more, isStopWanted: false };
  }

  return {
    latest,
    async request(by) {
      const wanted = fresh('wanted', { by });
      const { inserted } = await stored.insert(wanted);
      if (!inserted) {
        const before = await latest();
        if (before === undefined || (isOpenRun(before) && before.seenAt > clock.now() - LOST_AFTER_MS)) throw running();
        const { outcome } = await stored.replaceIf(wanted, { runId: before.runId, status: before.status, seenAt: before.seenAt });
        if (outcome !== 'patched') throw running();
      }
      return (await latest())!;
    },
    async stop(runId) {
      const { outcome } = await stored.patchIf(ID, { runId, status: 'wanted' }, { set: { status: 'stopped', seenAt: clock.now() } });
      if (outcome !== 'patched') await stored.patchIf(ID, { runId, status: 'running' }, { set: { isStopWanted: true } });
    },
    async begin(candidates) {
      const set = { status: 'running', seenAt: clock.now(), candidates };
      for (;;) {
        const taken = await stored.patchIf(ID, { status: 'wanted' }, { set });
        if (taken.outcome === 'patched') return taken.document;
        const own = fresh('running', { candidates });
        if ((await stored.insert(own)).inserted) return own;
        // This worker holds the archive's lease, so no other worker is archiving: the recorded run has ended, or its
        // worker has died. Replace it. If a person requests a run at this very moment, the next iteration starts that
        // run.
        const replaced = await stored.replaceIf(own, { status: { in: ['running', 'done', 'stopped', 'failed'] } });
        if (replaced.outcome === 'patched') return own;
      }
    },
    async note(runId, archived) {
      const noted = await stored.patchIf(ID, { runId }, { set: { archived, seenAt: clock.now() } });
      return noted.outcome === 'patched' && noted.document.isStopWanted;
    },
    async end(runId, outcome) {
      await stored.patchIf(ID, { runId }, { set: { ...outcome, seenAt: clock.now() } });
    },
  };
}

function running(): AppError {
  return new AppError('ARCHIVE_RUNNING', 'input', 'An archive run is already in progress or requested.', {
    fix: 'Wait until it ends, or stop it first.',
  });
}
