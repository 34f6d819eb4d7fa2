// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ExecutionDetails } from '../../engine/operate/interface.ts';
import type { SignedAnswer } from '../../sdk/public.ts';
import type { City } from '../support/city.ts';
import type { Platform } from '../support/platform-process.ts';
import { bookingsOf, killBookings, openBookingCity, patientId, until, type BookingCity } from './kill-bookings.ts';

/** 100 by hand: `node test/e2e/kill-bookings.ts 100`. */
const KILLS = 3;

let bookings: BookingCity;
let platform: Platform;
let city: City;

before(async () => {
  bookings = await openBookingCity();
  ({ platform, city } = await bookings.start());
});
after(() => bookings.stop());

test('the same key gets the stored answer, another body under it is refused, and neither books again', async () => {
  const first = await bookings.book(1);
  assert.equal(first.status, 201);
  const again = await bookings.book(1);
  assert.equal(again.status, 201);
  assert.deepEqual(again.json(), first.json());
  assert.equal(again.headers['x-kq-idempotent-replay'], 'true');
  assert.equal(codeOf(await bookings.book(1, { department: '02' }), 422), 'GW42202');
  assert.equal(bookingsOf(bookings, 1), 1);
});

test('fifty calls at once under one key make one booking', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => bookings.book(2)));
  assert.equal(bookingsOf(bookings, 2), 1);
  const booked = answers.filter(({ status }) => status === 201);
  assert.ok(booked.length >= 1);
  assert.equal(new Set(booked.map((answer) => JSON.stringify(answer.json()))).size, 1);
  for (const answer of answers) if (answer.status !== 201) assert.equal(codeOf(answer, 409), 'GW40901');
});

test('a caller that leaves after the POST left finds its answer under the same key', async () => {
  await city.trouble(1, { delayMs: 3_000 });
  const leaving = new AbortController();
  const left = assert.rejects(bookings.book(3, { signal: leaving.signal }), { code: 'SDK_NO_ANSWER' });
  await until(() => bookingsOf(bookings, 3) === 1, 'the POST arrives');
  leaving.abort();
  await left;
  await city.trouble(1, { delayMs: 0 });
  assert.equal((await askUntilSettled(3)).status, 201);
  assert.equal(bookingsOf(bookings, 3), 1);
});

test('a hospital that takes the booking and stays silent leaves a held execution; a person’s retry sends the same key and answers the caller', async () => {
  await city.trouble(1, { silentNext: 1 });
  assert.equal(codeOf(await bookings.book(4), 504), 'GW50402');
  assert.equal(codeOf(await bookings.book(4), 504), 'GW50402');
  assert.equal(bookingsOf(bookings, 4), 1, 'nothing was sent again by itself');
  await retryHeld(4);
  const answer = await askUntilSettled(4);
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['x-kq-idempotent-replay'], 'true');
});

test('a process killed right after the POST left does not book again, and keeps the answers it gave', async () => {
  const given = await bookings.book(5);
  await city.trouble(1, { delayMs: 2_000 });
  const lost = assert.rejects(bookings.book(6), { code: 'SDK_NO_ANSWER' });
  await until(() => bookingsOf(bookings, 6) === 1, 'the POST arrives');
  await platform.end('SIGKILL');
  await lost;
  await city.trouble(1, { delayMs: 0 });
  ({ platform, city } = await bookings.start());
  assert.deepEqual((await bookings.book(5)).json(), given.json());
  assert.equal(codeOf(await askUntilSettled(6), 504), 'GW50402');
  assert.equal(bookingsOf(bookings, 6), 1);
  assert.equal(bookingsOf(bookings, 5), 1);
  await retryHeld(6);
  assert.equal((await askUntilSettled(6)).status, 201);
});

test('no citizen is booked twice, and no answer given is taken back, whenever the process is killed', async (t) => {
  const report = await killBookings(KILLS);
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.booked > 0);
});

/** Reads the held booking as a person does, and continues it. */
async function retryHeld(patient: number): Promise<void> {
  const query = { keyName: 'patient', keyValue: patientId(patient), status: 'held' };
  const { items } = (await city.admin('POST', '/executions/search', query)) as { items: { executionId: string }[] };
  assert.equal(items.length, 1);
  const { executionId } = items[0]!;
  const held = (await city.admin('GET', `/executions/${executionId}`)) as ExecutionDetails;
  assert.equal(held.held?.node, 'n_book_a');
  assert.equal(held.held.outcomeKnown, false);
  assert.deepEqual(
    held.intents.map(({ node }) => node),
    ['n_book_a'],
  );
  const sentBefore = keysSent();
  assert.equal(sentBefore[held.intents[0]!.key], 1, 'the intent names the key that the hospital saw');
  await city.admin('POST', `/executions/${executionId}/retry`, {});
  await until(() => keysSent()[held.intents[0]!.key] === 2, 'the retry comes under the same key');
  assert.deepEqual(Object.keys(keysSent()), Object.keys(sentBefore));
}

function keysSent(): Readonly<Record<string, number>> {
  return bookings.hospital.state().byIdempotencyKey;
}

async function askUntilSettled(patient: number): Promise<SignedAnswer> {
  let answer = await bookings.book(patient);
  await until(async () => answer.status !== 409 || ((answer = await bookings.book(patient)), false), `the key of ${patient} is settled`);
  return answer;
}

function codeOf(answer: SignedAnswer, status: number): string {
  assert.equal(answer.status, status, Buffer.from(answer.body).toString());
  return (answer.json() as { code: string }).code;
}
