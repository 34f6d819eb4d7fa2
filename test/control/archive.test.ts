import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArchiveReport } from '../../control/executions/archive.ts';
import { openArchiveRuns, type ArchiveRun } from '../../engine/archive/archive-runs.ts';
import { defaultDeps, idleEngine, startControl } from './start-control.ts';

async function start() {
  const { deps, documents, clock } = defaultDeps();
  const runs = await openArchiveRuns(documents, clock);
  const days = async () => [{ day: '2026-01-01', executions: 3, bytes: 9 }];
  const running = await startControl({ ...deps, engine: { ...idleEngine, archive: { days, runs, afterDays: 7 } } });
  const operator = await running.person('op', ['operator']);
  const status = async (wanted: ArchiveRun['status']) => {
    while ((await runs.latest())?.status !== wanted) await clock.advance(100);
  };
  return { ...running, clock, runs, operator, status };
}

async function answered<T>(answer: Promise<T>, clock: { advance(ms: number): Promise<void> }): Promise<T> {
  let isDone = false;
  void answer.finally(() => (isDone = true));
  while (!isDone) await clock.advance(100);
  return answer;
}

test('an operator runs the archive at once and is told how it ended; the audit says how many were moved', async (t) => {
  const { operator, runs, clock, status, stop, person } = await start();
  t.after(stop);
  const asked = operator.call('POST', '/archive/run');
  await status('wanted');
  const { runId, by } = await runs.begin(5);
  assert.equal(by, 'op');
  assert.equal((await operator.call('POST', '/archive/run')).status, 409);
  await runs.note(runId, 3);
  await runs.end(runId, { status: 'done', archived: 5 });
  const answer = await answered(asked, clock);
  const ended = answer.body as ArchiveRun;
  assert.deepEqual([answer.status, ended.status, ended.archived], [200, 'done', 5]);
  const auditor = await person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=archive.run')).body as { items: { outcome?: string; after?: unknown }[] };
  assert.ok(items.some(({ outcome, after }) => outcome === 'done' && JSON.stringify(after).includes('"archived":5')));
});

test('a run is stopped by anybody who may run it; a viewer sees it and may neither run nor stop it', async (t) => {
  const { operator, runs, clock, status, stop, person } = await start();
  t.after(stop);
  const viewer = await person('viewer', ['viewer']);
  for (const path of ['/archive/run', '/archive/stop']) assert.equal((await viewer.call('POST', path)).status, 403, path);
  const asked = operator.call('POST', '/archive/run');
  await status('wanted');
  const { run, afterDays, items } = (await viewer.call('GET', '/archive')).body as ArchiveReport;
  assert.deepEqual([run?.status, run?.by, afterDays, items.length], ['wanted', 'op', 7, 1]);
  const { runId } = await runs.begin(5);
  assert.deepEqual((await operator.call('POST', '/archive/stop')).body, { stopped: true });
  assert.equal(await runs.note(runId, 2), true, 'the worker is told');
  await runs.end(runId, { status: 'stopped', archived: 2 });
  assert.equal(((await answered(asked, clock)).body as ArchiveRun).status, 'stopped');
});

test('what no worker begins is given up with what to look at; without an archive it is said so', async (t) => {
  const { operator, runs, clock, status, stop } = await start();
  t.after(stop);
  const asked = operator.call('POST', '/archive/run');
  await status('wanted');
  await clock.advance(31_000);
  assert.equal(((await answered(asked, clock)).body as { code: string }).code, 'ARCHIVE_NOT_BEGUN');
  assert.equal((await runs.latest())?.status, 'stopped');
  const without = await startControl();
  t.after(without.stop);
  assert.equal(((await without.admin.call('POST', '/archive/run')).body as { code: string }).code, 'ARCHIVE_ABSENT');
});
