/**
 * Starts on the data folder of an earlier version. `test/fixtures/data-0.1.0.tar.xz` is the example city as 0.1.0 left it at a stop: bookings,
 * admissions, an account, a secret, and one booking whose outcome is unknown. Its addresses name the ports below.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { booking, openCity, until, type City } from '../support/city.ts';
import { makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/data-0.1.0.tar.xz', import.meta.url));
const PORTS = { open: 27_760, user: 27_761, bus: 27_762, control: 27_763, example: 27_100 };
const ADMINISTRATOR = 'admin';

let scratch: string;
let platform: Platform;
let city: City;

before(async () => {
  scratch = await makeScratch();
  execFileSync('tar', ['xJf', FOLDER, '-C', scratch]);
  platform = await startPlatform({ scratch, ports: PORTS, example: true });
  city = await openCity(platform);
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

interface Items {
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

const list = async (path: string) => ((await city.admin('GET', path)) as Items).items;

test('everything that 0.1.0 stored is readable', async () => {
  const flows = await list('/flows');
  assert.deepEqual(flows.map(({ flowId, publishedVersion }) => [flowId, publishedVersion]).sort(), [
    ['flw_admission', 2],
    ['flw_appointment', 2],
    ['flw_reports', 1],
  ]);
  for (const path of ['/adapters', '/code-tables', '/interfaces', '/apps', '/grants', '/bus-consumers', '/accounts', '/secrets'])
    assert.notEqual((await list(path)).length, 0, path);
  const completed = (await list('/executions?flowId=flw_appointment&status=completed&limit=5')) as readonly { executionId: string }[];
  assert.notEqual(completed.length, 0);
  const operator = await city.person(['operator']);
  for (const { executionId } of completed) {
    const payload = await operator.call('GET', `/executions/${executionId}/payload`);
    assert.equal(payload.status, 200, payload.text);
    assert.match(payload.text, /"hospital":"[AB]"/);
  }
  const trail = await (await city.person(['audit-admin'])).call('POST', '/audit/verify');
  assert.equal(trail.status, 200, trail.text);
  assert.equal((trail.json() as { intact: boolean }).intact, true, trail.text);
  assert.ok((await list('/accounts')).some(({ name }) => name === ADMINISTRATOR));
});

test('its flows run as before, in both hospitals and from hospital C to the district', async () => {
  for (const hospital of ['A', 'B']) {
    const answer = await city.app.fetch('/open/v1/appointments', { body: booking(hospital), idempotencyKey: randomUUID() });
    assert.equal(answer.status, 201, Buffer.from(answer.body).toString());
  }
  assert.equal((await city.reports('P000002')).status, 200);
  await until('an admission at the district', async () => Object.keys((await city.state(4))['received'] as object).length > 0);
});

test('a booking whose outcome was unknown is still held under its key, and a person can end it', async () => {
  const again = await city.app.fetch('/open/v1/appointments', { body: booking('A', 7), idempotencyKey: 'order-7' });
  assert.equal((again.json() as { code: string }).code, 'GW50402');
  const held = (await list('/executions?flowId=flw_appointment&status=held&limit=50')) as readonly { executionId: string }[];
  assert.equal(held.length, 1);
  const path = `/executions/${held[0]!.executionId}`;
  await city.admin('POST', `${path}/cancel`, { reason: 'the hospital has no such booking' });
  await until('its end', async () => ((await city.admin('GET', path)) as { status: string }).status === 'cancelled');
});
