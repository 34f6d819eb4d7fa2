import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { refuse } from '../../../gateways/errors.ts';
import { LimitedMinutes } from '../../../gateways/log/limited-minutes.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, startGateway } from '../support/start-gateway.ts';

test('a flood of calls over a limit is one event a minute, with the limit and the number of calls', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app-a');
  const policies = { 'rate-limit': { limits: [{ by: 'app', limit: 1, periodMs: 3_600_000 }] } };
  const open = await startGateway(await buildPlan([key], [buildInterface({ policies })]));
  t.after(() => open.stop());
  const statuses: number[] = [];
  for (let sent = 0; sent < 6; sent += 1) statuses.push((await callSigned(open.gateway, await signRequest(key))).status);
  assert.deepEqual(statuses, [200, 429, 429, 429, 429, 429]);
  const events = open.gateway.events().filter(({ kind }) => kind === 'limited');
  assert.equal(
    events.reduce((sum, { values }) => sum + Number(values!['refused']), 0),
    5,
  );
  assert.deepEqual([events[0]!.subject, events[0]!.values!['by']], ['rate-limit', 'app']);
  assert.ok(events.length <= 2, 'at most two, when a minute ends while the calls arrive');
});

test('keeps a bounded number of minutes, the latest', async () => {
  const clock = fakeClock(0);
  const limited = new LimitedMinutes(clock);
  for (let minute = 0; minute < 600; minute += 1) {
    limited.ended({ error: refuse('GW42902'), decidedBy: 'quota', interface: buildInterface(), notes: [] });
    limited.ended({ error: refuse('GW40101'), decidedBy: 'claim', interface: buildInterface(), notes: [] });
    await clock.advance(60_000);
  }
  const events = limited.list();
  assert.deepEqual([events.length, events[0]!.at, events[0]!.values], [500, 100 * 60_000, { refused: 1 }]);
});
