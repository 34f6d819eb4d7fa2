/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { KEEP_ENDED_MS, openAlarmStore } from '../../../control/alarms/alarm-store.ts';
import { startWebhookReceiver } from '../../support/receivers.ts';
import { readEvents } from '../read-events.ts';
import { idleEngine, startControl } from '../start-control.ts';

async function openHeld(t: TestContext) {
  let held = 0;
  const queue = { read: async () => ({ oldestAgeMs: 0, open: { queued: 0, running: 0, waiting: 0, held } }) };
  const running = await startControl({ engine: { ...idleEngine, queue } });
  t.after(running.stop);
  return { ...running, hold: (count: number) => (held = count) };
}

test('an alarm is shown with its words, acknowledged by an operator once, and stays until it is over', async (t) => {
  const { clock, hold, person } = await openHeld(t);
  const operator = await person('op', ['operator']);
  hold(12);
  await clock.advance(15_000);
  const [alarm] = (await operator.call('GET', '/alarms')).body.items;
  assert.deepEqual([alarm.rule, alarm.status, alarm.link], ['held', 'open', '/held']);
  assert.equal(alarm.text['zh-CN'], '12 条消息待人工处理');
  assert.equal((await operator.call('POST', `/alarms/${alarm.alarmId}/acknowledge`)).status, 200);
  assert.equal((await operator.call('POST', `/alarms/${alarm.alarmId}/acknowledge`)).body.code, 'ALARM_NOT_OPEN');
  const [seen] = (await operator.call('GET', '/alarms')).body.items;
  assert.deepEqual([seen.status, seen.acknowledged.by], ['acknowledged', 'op']);
  hold(0);
  await clock.advance(120_000);
  assert.equal((await operator.call('GET', '/alarms')).body.items[0].status, 'ended');
});

test('an alarm that ends between two pages is on one of them; open ones come first', async (t) => {
  const { clock, documents, person } = await openHeld(t);
  const operator = await person('op', ['operator']);
  const { alarms } = await openAlarmStore(documents);
  const put = (_id: string, openedAt: number, more: object = { status: 'open', open: true }) =>
    alarms.insert({
      ...{ _id, rule: 'held', subject: _id, about: _id, key: _id, severity: 'warning', values: { count: 1 } },
      ...{ openedAt, seenAt: openedAt, told: [] },
      ...(more as { status: 'open' }),
    });
  const ended = () => ({ status: 'ended', endedAt: clock.now() - 1000, expiresAt: clock.now() + KEEP_ENDED_MS });
  const at = clock.now();
  await put('alm_old', at - 5000, ended());
  await put('alm_a', at - 4000);
  await put('alm_b', at - 3000);
  await put('alm_c', at - 2000);
  await clock.advance(10);

  const first = (await operator.call('GET', '/alarms?limit=2')).body;
  assert.deepEqual(idsOf(first), ['alm_c', 'alm_b']);
  await clock.advance(10);
  for (const id of ['alm_c', 'alm_a']) await alarms.patchIf(id, {}, { set: ended(), unset: ['open', 'key'] });
  await put('alm_new', clock.now());
  const second = (await operator.call('GET', `/alarms?after=${first.next}`)).body;
  assert.deepEqual(idsOf(second), ['alm_a', 'alm_old']);
  assert.deepEqual(idsOf((await operator.call('GET', '/alarms')).body), ['alm_new', 'alm_b', 'alm_c', 'alm_a', 'alm_old']);
});

function idsOf({ items }: { readonly items: readonly { readonly alarmId: string }[] }): readonly string[] {
  return items.map(({ alarmId }) => alarmId);
}

test('rules and receivers are the system administrator’s; keys are told once, addresses to him alone', async (t) => {
  const { admin, person } = await openHeld(t);
  const hook = await startWebhookReceiver();
  t.after(() => hook.stop());
  const { settings, rules } = (await admin.call('GET', '/alarm-settings')).body;
  assert.ok(rules.length > 5 && settings.revision === 0);
  const url = `${hook.url}?key=very-secret`;
  const receivers = [{ receiverId: 'duty', name: 'Duty', on: true, group: 'first', kind: 'webhook', url }];
  const saved = await admin.call('PUT', '/alarm-settings', { settings: { ...settings, receivers } });
  assert.equal(saved.status, 200);
  assert.match(saved.body.newKeys.duty, /^[\w-]{43}$/);
  assert.equal((await admin.call('PUT', '/alarm-settings', { settings: { ...settings, receivers } })).status, 409);
  assert.equal((await admin.call('GET', '/alarm-settings')).body.settings.receivers[0].url, url);
  const operator = await person('op', ['operator']);
  const shown = (await operator.call('GET', '/alarm-settings')).body;
  assert.ok(!JSON.stringify(shown).includes('very-secret') && !JSON.stringify(shown).includes(saved.body.newKeys.duty));
  assert.equal((await operator.call('PUT', '/alarm-settings', { settings })).body.code, 'PERMISSION_DENIED');
  assert.equal((await operator.call('POST', '/alarm-receivers/duty/test')).body.code, 'PERMISSION_DENIED');

  assert.equal((await admin.call('POST', '/alarm-receivers/duty/test')).status, 200);
  assert.equal(JSON.parse(hook.posts[0]!.body).alarms[0].notice, 'test');
  hook.status = 500;
  assert.equal((await admin.call('POST', '/alarm-receivers/duty/test')).body.code, 'ALARM_NOT_SENT');
  const auditor = await person('au', ['audit-admin']);
  const trail = JSON.stringify((await auditor.call('GET', '/audit')).body);
  assert.ok(trail.includes('alarms.save-settings') && !trail.includes('very-secret'));
});

test('a silence is set and ended by an operator', async (t) => {
  const { clock, hold, person } = await openHeld(t);
  const operator = await person('op', ['operator']);
  const made = await operator.call('POST', '/alarm-silences', { rule: 'held', minutes: 60 });
  hold(12);
  await clock.advance(15_000);
  assert.equal((await operator.call('GET', '/alarms')).body.items[0].isSilenced, true);
  const [silence] = (await operator.call('GET', '/alarm-silences')).body.items;
  assert.deepEqual([silence.silenceId, silence.by, silence.label.en], [made.body.silenceId, 'op', 'Too many held']);
  assert.equal((await operator.call('DELETE', `/alarm-silences/${silence.silenceId}`)).status, 200);
  assert.equal((await operator.call('GET', '/alarms')).body.items[0].isSilenced, false);
  await operator.call('POST', '/alarm-silences', { minutes: 1 });
  await clock.advance(60_000);
  assert.deepEqual((await operator.call('GET', '/alarm-silences')).body.items, []);
});

test('open pages hear of an alarm', async (t) => {
  const { clock, hold, admin, stop } = await openHeld(t);
  const events = readEvents(await admin.raw('GET', '/events'));
  hold(12);
  await clock.advance(15_000);
  assert.equal((await admin.call('GET', '/alarms')).body.items[0].status, 'open');
  await stop();
  await events.end();
  assert.notDeepEqual(events.seen('alarms'), []);
});
