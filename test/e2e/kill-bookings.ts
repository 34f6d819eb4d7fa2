/**
 * Citizens book at hospital A through the sync flow while the platform is killed at random moments. The hospital is played here, so that it
 * outlives it. `node test/e2e/kill-bookings.ts 100` runs as many kills and prints what was seen.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { createHospitalA, type HospitalAState } from '../../examples/city/hospital-a/hospital-a.ts';
import type { Program } from '../../examples/city/serve.ts';
import type { SignedAnswer } from '../../sdk/public.ts';
import { openCity, type City } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

/** The example city with hospital A in this process and the citizens' app as a caller. */
export interface BookingCity {
  /** Data folders lie here, that of the platform as `data`. */
  readonly scratch: string;
  readonly hospital: Program<HospitalAState>;
  /** Books for the patient of that number, by default under a key of their own. */
  book(
    patient: number,
    options?: { readonly key?: string; readonly department?: string; readonly signal?: AbortSignal },
  ): Promise<SignedAnswer>;
  start(): Promise<{ readonly platform: Platform; readonly city: City }>;
  stop(): Promise<void>;
}

export interface KillBookingsReport {
  readonly kills: number;
  readonly asked: number;
  /** Answered 201 before a kill, or with the stored answer afterwards. */
  readonly booked: number;
  /** GW50402: a person decides. */
  readonly unknown: number;
}

const PATH = '/open/v1/appointments';
const CALLERS = 4;
const LONGEST_LIFE_MS = 500;
const SETTLED_WITHIN_MS = 60_000;

/** `environment`: further settings of the platform. */
export async function openBookingCity(environment: Readonly<Record<string, string>> = {}): Promise<BookingCity> {
  const scratch = await makeScratch();
  const ports = await choosePorts();
  let platform = await startPlatform({ scratch, ports, example: true, environment });
  let city: City | undefined;
  await platform.end('SIGINT');
  const hospital = await createHospitalA({ port: ports.example + 1 });
  return {
    scratch,
    hospital,
    book: (patient, { key = `k-${patient}`, department = '01', signal } = {}) =>
      city!.app.fetch(PATH, {
        idempotencyKey: key,
        body: { hospital: 'A', department, date: '2026-12-01', patient: { patientId: patientId(patient), name: '虚构甲' } },
        ...(signal === undefined ? {} : { signal }),
      }),
    async start() {
      await city?.close();
      platform = await startPlatform({ scratch, ports, environment });
      city = await openCity(platform);
      return { platform, city };
    },
    async stop() {
      platform.process.kill('SIGKILL');
      await city?.close();
      await hospital.stop();
      await removeScratch(scratch);
    },
  };
}

export function patientId(patient: number): string {
  return `P${String(patient).padStart(6, '0')}`;
}

/** How often the hospital booked that patient. */
export function bookingsOf({ hospital }: Pick<BookingCity, 'hospital'>, patient: number): number {
  return hospital.state().registrations.filter((registration) => registration.patientId === patientId(patient)).length;
}

export async function until(isTrue: () => boolean | Promise<boolean>, what: string, withinMs = SETTLED_WITHIN_MS): Promise<void> {
  for (const end = Date.now() + withinMs; !(await isTrue()); await pause(20)) assert.ok(Date.now() < end, what);
}

export async function killBookings(kills: number, onKill: (number: number) => void = () => undefined): Promise<KillBookingsReport> {
  const city = await openBookingCity();
  const answered = new Map<number, string>();
  let patients = 0;
  let isAlive = true;
  const callUntilKilled = async () => {
    while (isAlive) {
      const patient = patients++;
      const answer = await city.book(patient).catch(() => undefined);
      if (answer?.status === 201) answered.set(patient, registrationNo(answer));
    }
  };
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      const { platform } = await city.start();
      isAlive = true;
      const callers = Array.from({ length: CALLERS }, callUntilKilled);
      await pause(Math.random() * LONGEST_LIFE_MS);
      isAlive = false;
      await platform.end('SIGKILL');
      await Promise.all(callers);
      onKill(kill);
    }
    await city.start();
    const outcomes: string[] = [];
    for (let patient = 0; patient < patients; patient += 1) outcomes.push(await askAgain(city, patient, answered.get(patient)));
    return {
      kills,
      asked: patients,
      booked: outcomes.filter((outcome) => outcome === 'booked').length,
      unknown: outcomes.filter((outcome) => outcome === 'unknown').length,
    };
  } finally {
    isAlive = false;
    await city.stop();
  }
}

/** The same key again, after the restart: the stored answer or "unknown", and never a second booking. */
async function askAgain(city: BookingCity, patient: number, before: string | undefined): Promise<'booked' | 'unknown'> {
  let answer = await city.book(patient);
  await until(
    async () => (answer.status === 409 ? ((answer = await city.book(patient)), false) : true),
    `the key of ${patient} is settled`,
  );
  assert.ok(bookingsOf(city, patient) <= 1, `${patientId(patient)} was booked twice`);
  if (answer.status === 504) {
    assert.equal(before, undefined, 'an answer that was given once is given again');
    assert.equal((answer.json() as { code: string }).code, 'GW50402');
    return 'unknown';
  }
  assert.equal(answer.status, 201);
  if (before !== undefined) assert.equal(registrationNo(answer), before);
  return 'booked';
}

function registrationNo(answer: SignedAnswer): string {
  return (answer.json() as { registrationNo: string }).registrationNo;
}

if (import.meta.main) {
  const report = await killBookings(Number(process.argv[2] ?? 100), (number) => {
    if (number % 10 === 0) console.info(`${number} kills`);
  });
  console.info(JSON.stringify(report));
}
