/**
 * A hospital's feed through two workers on a shared store, while processes, servers and connections fail at random. What is promised all the
 * same: nothing acknowledged is lost, nothing takes effect twice at an idempotent receiver, each patient's order is kept.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { startRole } from '../apart.ts';
import { makeScratch, removeScratch } from '../platform-process.ts';
import { controlIdOf, startSender, type Sender } from './adt-sender.ts';
import { startDistrict, type District } from './district.ts';
import { createChance, EACH_ONCE, faultNames, inflict, type FaultName, type Playground } from './faults.ts';
import { countLateOutcomes, countOutcomes, prepareInstallation, type Outcomes } from './installation.ts';
import { keepRole } from './kept-role.ts';
import { startProxiedServers, type StoreKind } from '../proxied-servers.ts';

export interface ChaosOptions {
  readonly store: StoreKind;
  readonly messages: number;
  /** Absent: as fast as the acknowledgements allow. */
  readonly perSecond?: number;
  readonly seed: number;
  /** Faults continue as long as messages flow, instead of happening once each. */
  readonly isEndless?: boolean;
  readonly tell?: (line: string) => void;
}

export interface ChaosReport {
  readonly store: StoreKind;
  readonly seed: number;
  readonly messages: number;
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly resent: number;
  /** Came again to the district under a key that it had applied. */
  readonly repeated: number;
  /** Outcomes of writes that a displaced owner reported too late: kept next to the execution. */
  readonly lateOutcomes: number;
  /** Ends of displaced owners that the store refused. */
  readonly lateEnds: number;
  /** Writes that a displaced owner held back before their first byte. */
  readonly lateWrites: number;
}

const CONNECTIONS = 16;
const PATIENTS = 320;
const FAULT_PAUSE_MS = 3_000;
const STANDS_STILL_MS = 90_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { store, messages, perSecond, seed, tell = () => undefined } = options;
  const scratch = await makeScratch();
  const servers = await startProxiedServers(store);
  const district = await startDistrict();
  const installation = await prepareInstallation(servers, scratch, district.port);
  const workers = installation.workers.map(({ name, environment }) =>
    keepRole(() => startRole(scratch, name, ['worker'], environment), /worker\.ready/),
  );
  const control = keepRole(() => startRole(scratch, 'control', ['control'], installation.control), /is ready/);
  const said = (line: string) => workers.reduce((sum, worker) => sum + worker.output().split(line).length - 1, 0);
  const refused = () => ({ lateEnds: said('worker.late_end_refused'), lateWrites: said('worker.late_write_refused') });
  const countLate = async () => {
    const { lateEnds, lateWrites } = refused();
    return lateEnds + lateWrites + (await countLateOutcomes(servers, installation));
  };
  const playground: Playground = { workers, control, servers, district, countLate };
  const faults: Record<string, number> = {};
  const startedAt = performance.now();
  let sender: Sender | undefined;
  try {
    await Promise.all([...workers, control].map((role) => role.ready()));
    tell('ready');
    sender = startSender({
      addresses: installation.feeds,
      messages,
      connections: CONNECTIONS,
      patients: PATIENTS,
      ...(perSecond === undefined ? {} : { perSecond }),
    });
    await torment(playground, sender, options, faults);
    await workOff('acknowledged', () => messages - sender!.state().acknowledged);
    await workOff('applied', () => messages - district.state().applied);
    let outcomes: Outcomes | undefined;
    await workOff('ended', async () => (outcomes = await countOutcomes(servers, installation)).open);
    assert.deepEqual(outcomes!.statuses, { completed: messages }, 'every message became one execution, which completed');
    checkDistrict(district, messages);
    const { acknowledged, resent } = sender.state();
    return {
      ...{ store, seed, messages, seconds: Math.round((performance.now() - startedAt) / 1000), faults },
      ...{ acknowledged, resent, repeated: district.state().repeated, lateOutcomes: outcomes!.lateOutcomes },
      ...refused(),
    };
  } catch (error) {
    for (const role of [...workers, control]) tell(`--- ${role.name} (started ${role.starts} times)\n${role.output().slice(-4000)}`);
    const { applied, repeated } = district.state();
    const report = { store, seed, messages, faults, ...sender?.state(), applied, repeated, ...refused() };
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${JSON.stringify(report)}`, { cause: error });
  } finally {
    sender?.stop();
    servers.heal();
    await Promise.all([...workers, control].map((role) => role.stop()));
    await district.stop();
    await servers.stop();
    await removeScratch(scratch);
  }
}

/** Every fault once; then, with `isEndless`, at random for as long as messages flow. */
async function torment(
  playground: Playground,
  sender: Sender,
  { seed, isEndless = false, tell = () => undefined }: ChaosOptions,
  counts: Record<string, number>,
): Promise<void> {
  const chance = createChance(seed);
  let isDone = false;
  void sender.done.then(() => (isDone = true));
  const names = faultNames();
  for (let round = 0; round < EACH_ONCE.length || (isEndless && !isDone); round += 1) {
    await pause((0.5 + chance()) * (round < EACH_ONCE.length ? 1 : 3) * FAULT_PAUSE_MS);
    if (round >= EACH_ONCE.length && isDone) return;
    const name: FaultName = EACH_ONCE[round] ?? names[Math.floor(chance() * names.length)]!;
    tell(`${name} (${sender.state().acknowledged} acknowledged)`);
    await inflict(name, playground, chance());
    counts[name] = (counts[name] ?? 0) + 1;
  }
}

function checkDistrict(district: District, messages: number): void {
  const { byPatient, applied } = district.state();
  const notices = [...byPatient.values()].flat();
  assert.equal(applied, messages, 'each message took effect once');
  assert.equal(new Set(notices).size, notices.length, 'no message came under two keys');
  const seen = new Set(notices);
  for (let number = 0; number < messages; number += 1) assert.ok(seen.has(controlIdOf(number)), `${controlIdOf(number)} was lost`);
  for (const [patient, ids] of byPatient) assert.deepEqual(ids, [...ids].sort(), `the admissions of ${patient} came in their order`);
}

/** Waits until none is left. A slow machine takes its time; an installation that stands still has failed. */
async function workOff(what: string, countLeft: () => number | Promise<number>): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let failsAt = 0; ; await pause(200)) {
    const left = await Promise.resolve(countLeft()).catch(() => least);
    if (left <= 0) return;
    if (left < least) [least, failsAt] = [left, performance.now() + STANDS_STILL_MS];
    if (performance.now() > failsAt) throw new Error(`${left} messages are not ${what}, and it goes no further`);
  }
}
