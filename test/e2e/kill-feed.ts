/**
 * The ADT feed of hospital C while the platform is killed again and again at random moments: while it serves, and while it starts and recovers
 * from the kill before. Hospital and district are played here, so that they outlive it. `node test/e2e/kill-feed.ts 200 [seed]` runs as many
 * kills and prints what was seen.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createDistrict, type DistrictState } from '../../examples/city/district/district.ts';
import { createHospitalC, readJournal, type JournalLine } from '../../examples/city/hospital-c/hospital-c.ts';
import {
  choosePorts,
  killStartingPlatform,
  makeScratch,
  removeScratch,
  startPlatform,
  type PlatformOptions,
} from '../support/platform-process.ts';
import { seededRandom } from '../support/simulated-process.ts';

export interface KillFeedReport {
  readonly seed: number;
  readonly kills: number;
  /** Of these before the platform was ready. */
  readonly killsInStart: number;
  readonly acknowledged: number;
  /** Sent again by the hospital because no acknowledgement came. */
  readonly resent: number;
  /** Came to the district more than once, under the same key. */
  readonly repeated: number;
  readonly patients: number;
  readonly medianReadyMs: number;
}

/** The feed begins here: behind whatever the example's own hospital sent while it was loaded. */
export const FIRST_NUMBER = 100_000;
const LONGEST_LIFE_MS = 800;
const SHARE_IN_START = 0.4;
const SETTLED_WITHIN_MS = 60_000;

export async function killFeed(kills: number, seed: number, onKill: (number: number) => void = () => undefined): Promise<KillFeedReport> {
  const random = seededRandom(seed);
  const scratch = await makeScratch();
  const ports = await choosePorts();
  const options: PlatformOptions = { scratch, ports };
  let platform = await startPlatform({ ...options, example: true });
  await platform.end('SIGINT');
  const journal = join(scratch, 'acknowledged.ndjson');
  writeFileSync(journal, `${JSON.stringify({ number: FIRST_NUMBER - 1 })}\n`);
  const district = await createDistrict({ port: ports.example + 4 });
  const hospital = createHospitalC({ port: ports.example + 575, journal, intervalMs: 0 });
  const readyMs: number[] = [];
  let killsInStart = 0;
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      const lastReadyMs = readyMs.at(-1);
      if (lastReadyMs !== undefined && random.chance(SHARE_IN_START)) {
        if (await killStartingPlatform(options, random.next() * lastReadyMs)) killsInStart += 1;
      } else {
        platform = await startPlatform(options);
        readyMs.push(platform.readyMs);
        await pause(random.next() * LONGEST_LIFE_MS);
        await platform.end('SIGKILL');
      }
      onKill(kill);
    }
    platform = await startPlatform(options);
    const before = hospital.state().acknowledged;
    await until(() => hospital.state().acknowledged >= before + 20, 'the feed goes on after the last kill');
    await hospital.stop();
    const lines = readJournal(journal).slice(1);
    await until(() => delivered(lines, district.state()), 'every acknowledged message reaches the district');
    await until(async () => (await unfinishedExecutions(platform.dataFolder)) === 0, 'every execution completes');
    checkDelivery(lines, district.state());
    const { received, byPatient } = district.state();
    return {
      seed,
      kills,
      killsInStart,
      acknowledged: lines.length,
      resent: hospital.state().resent,
      repeated: Object.values(received).filter((count) => count > 1).length,
      patients: Object.keys(byPatient).length,
      medianReadyMs: Math.round(readyMs.sort((a, b) => a - b)[Math.floor(readyMs.length / 2)]!),
    };
  } catch (error) {
    process.stderr.write(platform.output());
    throw error;
  } finally {
    await hospital.stop();
    platform.process.kill('SIGKILL');
    await district.stop();
    await removeScratch(scratch);
  }
}

/** Every acknowledged message once under one key, each patient's in the order of the feed. */
export function checkDelivery(lines: readonly JournalLine[], { byPatient, received, applied }: DistrictState): void {
  assert.equal(new Set(lines.map(({ number }) => number)).size, lines.length, 'the hospital acknowledged each number once');
  const notices = Object.values(byPatient).flat();
  assert.equal(new Set(notices).size, notices.length, 'no message came under two keys');
  assert.equal(applied, Object.keys(received).length);
  for (const { controlId, patientId } of lines) assert.ok(byPatient[patientId]?.includes(controlId), `${controlId} was lost`);
  for (const [patient, numbers] of Object.entries(byPatient))
    assert.deepEqual(numbers, [...numbers].sort(), `the notices of ${patient} came in the order of the feed`);
  // At most the message that was under way when the hospital stopped has no acknowledgement.
  assert.ok(notices.length - lines.length <= 1, `${notices.length} notices for ${lines.length} acknowledged messages`);
}

export function delivered(lines: readonly JournalLine[], { byPatient }: DistrictState): boolean {
  return lines.every(({ patientId, controlId }) => byPatient[patientId]?.includes(controlId));
}

/** Also those that ended otherwise than by their success. */
export async function unfinishedExecutions(dataFolder: string): Promise<number> {
  const { address, token } = JSON.parse(await readFile(join(dataFolder, 'handover', 'cli-token'), 'utf8')) as {
    address: string;
    token: string;
  };
  let count = 0;
  for (const status of ['queued', 'running', 'waiting', 'held', 'failed', 'cancelled']) {
    const response = await fetch(`${address}/api/v1/executions?flowId=flw_admission&status=${status}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(response.status, 200);
    count += ((await response.json()) as { items: unknown[] }).items.length;
  }
  return count;
}

export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + SETTLED_WITHIN_MS; !(await isTrue()); await pause(50)) assert.ok(Date.now() < end, what);
}

if (import.meta.main) {
  const kills = Number(process.argv[2] ?? 200);
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
  const report = await killFeed(kills, seed, (number) => {
    if (number % 10 === 0) console.info(`${number} kills`);
  });
  console.info(JSON.stringify(report));
}
