/** Executions in fast motion: realistic finished documents, sealed, into the embedded store, under a clock that runs through days in seconds. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Collection } from '../../engine/contract/ports/documents.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { createExecutionCatalog, type ExecutionCatalogDeps } from '../../engine/operate/execution-catalog.ts';
import { executionsSpec, partitionOf, type ExecutionDocument, type ExecutionStatus } from '../../engine/execution/execution-document.ts';
import type { ExecutionQuery } from '../../engine/execution/execution-query.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { openStorage } from '../../storage/open-storage.ts';

export interface FastMotion {
  /** Megabytes of the data folder at the end of each tenth of the run, without the write-ahead log. */
  readonly sizesMb: readonly number[];
  /** The largest size of the log in megabytes: it has its own limit, independent of the stored amount. */
  readonly logMb: number;
  /** Documents that are left, of those that were stored. */
  readonly kept: number;
  readonly perSecond: number;
  /** Name of a listing -> milliseconds, the middle of five. */
  readonly listings: Readonly<Record<string, number>>;
}

/** The whole run takes so long on its own clock; each execution stays for a fifth of it. */
const SPAN_MS = 50 * 86_400_000;
const RETAIN_MS = SPAN_MS / 5;
const TENTHS = 10;
const SWEEP_MS = 2000;
const IN_FLIGHT = 1000;
const FLOWS = 12;
const PATIENTS = 20_000;

export async function runFastMotion(folder: string, count: number, tell: (text: string) => void = () => undefined): Promise<FastMotion> {
  const clock = fakeClock();
  const storage = await openStorage({ address: `embedded:${join(folder, 'store')}`, clock, logger: silentLogger });
  try {
    const executions = await storage.documents.open(executionsSpec);
    const sizesMb: number[] = [];
    let logMb = 0;
    const startedAt = performance.now();
    for (let tenth = 0; tenth < TENTHS; tenth += 1) {
      const size = count / TENTHS;
      for (let from = 0; from < size; from += IN_FLIGHT) {
        const batch = Array.from({ length: Math.min(IN_FLIGHT, size - from) }, (_, index) => tenth * size + from + index);
        await Promise.all(batch.map((number) => executions.insert(finished(number, clock.now(), storage.seal))));
        // The wall clock jumps; only so much time passes that the store sweeps once.
        clock.shiftWall((SPAN_MS / count) * batch.length - SWEEP_MS);
        await clock.advance(SWEEP_MS);
      }
      await untilSwept(executions, clock);
      const [all, log] = [await megabytesOf(folder, () => true), await megabytesOf(folder, (name) => name.endsWith('-wal'))];
      sizesMb.push(Math.round((all - log) * 100) / 100);
      logMb = Math.max(logMb, log);
      tell(`${(tenth + 1) * size} executions: ${sizesMb.at(-1)} MB`);
    }
    const perSecond = Math.round((count / (performance.now() - startedAt)) * 1000);
    const kept = await executions.count({}, count + 1);
    const catalog = createExecutionCatalog({ executions, seal: storage.seal, run: {} } as unknown as ExecutionCatalogDeps);
    return { sizesMb, logMb, kept, perSecond, listings: await measureListings(catalog, clock.now(), kept) };
  } finally {
    await storage.close();
  }
}

/** The sweeps have removed what is due. */
async function untilSwept(executions: Collection<ExecutionDocument>, clock: ReturnType<typeof fakeClock>): Promise<void> {
  while ((await executions.count({ expiresAt: { lte: clock.now() } }, 1)) > 0) {
    await clock.advance(SWEEP_MS);
    // The sweep is real work of another thread: asking without a pause would take its core.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function finished(number: number, now: number, seal: Seal): ExecutionDocument {
  const id = createTimedId('exe', now);
  const status: ExecutionStatus = number % 1000 === 0 ? 'held' : number % 100 === 0 ? 'failed' : 'completed';
  const place = (field: string) => ({ collection: 'executions', id, field });
  const patient = `P${String(number % PATIENTS).padStart(6, '0')}`;
  const text = JSON.stringify({ d: { body: { patient, name: '虚构甲乙', note: 'x'.repeat(300) } }, m: 'application/json' });
  const isHeld = status === 'held';
  return {
    _id: id,
    origin: id,
    flowId: `flw_${number % FLOWS}`,
    version: 1,
    trigger: 'n_in',
    status,
    part: partitionOf(patient),
    lane: { key: seal.token('lane', patient), seq: String(number).padStart(30, '0') },
    dedupe: `flw|${seal.token('dedupe', String(number))}`,
    digest: seal.token('digest', String(number)),
    input: { sealed: seal.seal(place('input'), text) },
    keys: [seal.token('patient', patient)],
    tables: 'tables',
    acceptedAt: now,
    epoch: 1,
    legs: { '1': { epoch: 1, payload: { sealed: seal.seal(place('legs'), text) } } },
    ...(isHeld
      ? { open: true, held: { node: 'n_x', reason: 'OUTCOME_UNKNOWN', outcomeKnown: false, at: now } }
      : { finishedAt: now + 20, expiresAt: now + RETAIN_MS }),
  };
}

async function measureListings(catalog: ExecutionCatalog, now: number, kept: number): Promise<Record<string, number>> {
  const deep = await pageAt(catalog, Math.min(kept / 2, 50_000));
  const queries: Record<string, ExecutionQuery> = {
    newest: { limit: 200 },
    'by time': { from: now - RETAIN_MS / 2, to: now - RETAIN_MS / 4, limit: 200 },
    'by flow': { flowIds: ['flw_3'], limit: 200 },
    'by flow and time': { flowIds: ['flw_3'], from: now - RETAIN_MS, to: now - RETAIN_MS / 2, limit: 200 },
    'by status, rare': { status: ['failed'], limit: 200 },
    'by status, common': { status: ['completed'], limit: 200 },
    'by status, several': { status: ['failed', 'held', 'completed'], limit: 200 },
    'by flow and status': { flowIds: ['flw_4'], status: ['held'], limit: 200 },
    'by key': { key: { name: 'patient', value: 'P000007' }, limit: 200 },
    'by key and status': { key: { name: 'patient', value: 'P000007' }, status: ['completed'], limit: 200 },
    'by a key that nobody has': { key: { name: 'patient', value: 'P999999' }, limit: 200 },
    'a page far down': { limit: 200, after: deep },
    'a page far down, by flow': { flowIds: ['flw_2'], limit: 200, after: deep },
    'a page far down, by status': { status: ['completed'], limit: 200, after: deep },
  };
  const measured: Record<string, number> = {};
  for (const [name, query] of Object.entries(queries)) {
    const times: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      const at = performance.now();
      await catalog.list(query);
      times.push(performance.now() - at);
    }
    measured[name] = Math.round(times.sort((a, b) => a - b)[2]! * 10) / 10;
  }
  return measured;
}

async function pageAt(catalog: ExecutionCatalog, depth: number): Promise<string> {
  let after: string | undefined;
  for (let seen = 0; seen < depth; seen += 1000) {
    const { next } = await catalog.list({ limit: 1000, ...(after === undefined ? {} : { after }) });
    if (next === undefined) break;
    after = next;
  }
  return after!;
}

async function megabytesOf(folder: string, isMeant: (name: string) => boolean): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && isMeant(entry.name))
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 10_485.76) / 100;
}
