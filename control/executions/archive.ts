/** The archive of executions that ended days ago: actions to read its contents and to archive more executions now. */
import { Type } from 'typebox';
import { type Clock, sleep } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isOpenRun, type ArchiveRun } from '../../engine/archive/archive-runs.ts';
import { archiveAbsent, type ArchiveDay } from '../../engine/archive/read-archive.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface ArchiveServices {
  readonly clock: Clock;
  readonly engine: EngineView;
}

export interface ArchiveReport {
  readonly items: readonly ArchiveDay[];
  /** The run in progress, or else the last one. */
  readonly run?: ArchiveRun;
  /** Days after which ended executions are archived; absent without an archive. */
  readonly afterDays?: number;
}

type Archive = NonNullable<EngineView['archive']>;

const LOOK_MS = 500;
/** Time within which a worker must start a requested run. */
const BEGIN_MS = 30_000;

export function archiveActions(services: ArchiveServices): readonly Action[] {
  return [getArchive(services), runArchive(services), stopArchive(services)];
}

function getArchive({ engine }: ArchiveServices): Action {
  return defineAction({
    name: 'archive.get',
    right: 'executions.read',
    domain: 'all',
    text: {
      'zh-CN': '归档中的日期及其执行数，最近一次归档',
      en: 'The days in the archive with the number of executions of each, and the latest archive run',
    },
    input: Type.Object({}, closed),
    audited: false,
    run: async (): Promise<ArchiveReport> => {
      const { archive } = engine;
      if (archive === undefined) return { items: [] };
      const run = await archive.runs.latest();
      return { items: await archive.days(), afterDays: archive.afterDays, ...(run === undefined ? {} : { run }) };
    },
  });
}

function runArchive({ engine, clock }: ArchiveServices): Action {
  return defineAction({
    name: 'archive.run',
    right: 'archive.run',
    domain: 'all',
    text: {
      'zh-CN': '立即归档：将已到期限的执行移入归档文件；离开即停止',
      en: 'Archive now what is old enough, instead of within the hour; closing the connection stops it',
    },
    input: Type.Object({}, closed),
    audited: true,
    async run(ctx) {
      const run = await followRun(need(engine.archive), ctx, clock);
      ctx.note.after = { runId: run.runId, status: run.status, archived: run.archived };
      return run;
    },
  });
}

function stopArchive({ engine }: ArchiveServices): Action {
  return defineAction({
    name: 'archive.stop',
    right: 'archive.run',
    domain: 'all',
    text: { 'zh-CN': '停止正在进行的归档；已移入的保留', en: 'Stop the current archive run; what has been moved stays moved' },
    input: Type.Object({}, closed),
    audited: true,
    async run(ctx) {
      const { runs } = need(engine.archive);
      const run = await runs.latest();
      if (run !== undefined) await runs.stop(run.runId);
      if (run !== undefined) ctx.note.subject = run.runId;
      return { stopped: run !== undefined && isOpenRun(run) };
    },
  });
}

/**
 * Requests a run and reports its progress until it ends. A worker process archives the executions and stores its
 * progress.
 */
async function followRun({ runs }: Archive, ctx: ActionContext, clock: Clock): Promise<ArchiveRun> {
  const wanted = await runs.request(ctx.actor.account);
  ctx.note.subject = wanted.runId;
  const askedAt = clock.monotonic();
  let isStopAsked = false;
  for (let run = wanted; ; run = (await runs.latest()) ?? run) {
    // Another run replaced the requested one and does its work.
    if (run.runId !== wanted.runId || !isOpenRun(run)) return run;
    ctx.progress({ ...run });
    if (run.status === 'wanted' && clock.monotonic() - askedAt > BEGIN_MS) {
      await runs.stop(run.runId);
      throw notBegun();
    }
    if (ctx.signal.aborted && !isStopAsked) {
      isStopAsked = true;
      await runs.stop(run.runId);
    }
    await sleep(clock, LOOK_MS);
  }
}

function notBegun(): AppError {
  return new AppError('ARCHIVE_NOT_BEGUN', 'transient', 'No worker has started to archive.', {
    fix: 'Check that a worker is running, and that KQ_ARCHIVE_FOLDER is set for it as for control.',
  });
}

function need(archive: Archive | undefined): Archive {
  if (archive) return archive;
  throw archiveAbsent();
}
