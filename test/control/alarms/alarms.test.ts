import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../../control/alarms/find-problems.ts';
import { openAlarmLab, webhook } from './alarm-lab.ts';

const held: Problem = { rule: 'held', subject: '', values: { count: 12 } };
const silent: Problem = { rule: 'feed-silent', subject: 'flw_a', values: { flowId: 'flw_a', lastAt: 0, usual: 1 } };

async function openTold() {
  const lab = await openAlarmLab();
  await lab.set({ receivers: [webhook('ops'), webhook('chief', 'second')], repeatMinutes: 60, escalateMinutes: 30 });
  await lab.start();
  return lab;
}

test('an alarm is told once, however often it is found and however many controls look', async () => {
  const lab = await openTold();
  await lab.start();
  lab.isSharedDown = true;
  lab.problems = [held];
  await lab.pass(20);
  assert.deepEqual(lab.told, [{ receiver: 'ops', lines: ['opened held|'] }]);
  assert.equal((await lab.alarms()).length, 1, 'without a lease the unique key sees to it');
});

test('what begins together is told together', async () => {
  const lab = await openTold();
  lab.problems = [held, silent];
  await lab.pass(1);
  assert.equal(lab.told.length, 1);
  assert.deepEqual([...lab.told[0]!.lines].sort(), ['opened feed-silent|flw_a', 'opened held|']);
});

test('nobody acknowledges: the second group is told, then both are reminded; who acknowledges ends that', async () => {
  const lab = await openTold();
  lab.problems = [held];
  await lab.pass(31);
  assert.deepEqual(lab.told.slice(1), [{ receiver: 'chief', lines: ['escalated held|'] }]);
  await lab.pass(31);
  assert.deepEqual(
    lab.told.slice(2).map(({ receiver, lines }) => `${receiver} ${lines.join()}`),
    ['ops reminder held|', 'chief reminder held|'],
  );
  const [alarm] = await lab.alarms();
  await lab.store.alarms.patchIf(alarm!._id, {}, { set: { status: 'acknowledged' } });
  await lab.pass(200);
  assert.equal(lab.told.length, 4);
});

test('a recovery is told to who knew of the alarm, once it has stayed away for a minute', async () => {
  const lab = await openTold();
  lab.problems = [held];
  await lab.pass(1);
  lab.problems = [];
  await lab.pass(0.5);
  assert.equal((await lab.alarms())[0]!.status, 'open');
  lab.problems = [held];
  await lab.pass(1);
  lab.problems = [];
  await lab.pass(2);
  assert.deepEqual(
    lab.told.map(({ receiver, lines }) => `${receiver} ${lines.join()}`),
    ['ops opened held|', 'ops recovered held|'],
  );
  const [ended] = await lab.alarms();
  assert.deepEqual([ended!.status, ended!.key, ended!.open], ['ended', undefined, undefined]);
});

test('an alarm that comes and goes is told at most once in the time that was set', async () => {
  const lab = await openTold();
  for (let round = 0; round < 6; round += 1) {
    lab.problems = [held];
    await lab.pass(3);
    lab.problems = [];
    await lab.pass(3);
  }
  assert.deepEqual(
    lab.told.map(({ lines }) => lines.join()),
    ['opened held|', 'recovered held|'],
  );
  assert.equal((await lab.alarms()).length, 6);
});

test('a silence keeps it quiet while it lasts; then it is told if it is still so', async () => {
  const lab = await openTold();
  await lab.store.silences.insert({ _id: 'sil_1', rule: 'held', until: lab.clock.now() + 600_000, by: 'a', at: 0 });
  lab.problems = [held, silent];
  await lab.pass(5);
  assert.deepEqual(
    lab.told.map(({ lines }) => lines),
    [['opened feed-silent|flw_a']],
  );
  await lab.pass(6);
  assert.deepEqual(lab.told[1]!.lines, ['opened held|']);
});

test('a rule that cannot be asked ends nothing; one that is switched off ends its alarms', async () => {
  const lab = await openTold();
  lab.problems = [held];
  await lab.pass(1);
  lab.problems = [];
  lab.unknown = ['held'];
  await lab.pass(10);
  assert.equal((await lab.alarms())[0]!.status, 'open');
  const { rules } = await lab.settings.read();
  await lab.set({ rules: { ...rules, held: { ...rules.held, on: false } } });
  lab.unknown = [];
  await lab.pass(0.25);
  assert.equal((await lab.alarms())[0]!.status, 'ended');
});

test('a receiver that is deaf is tried again, the others are not told twice; in the end it is shown', async () => {
  const lab = await openTold();
  await lab.set({ receivers: [webhook('ops'), webhook('deaf')], repeatMinutes: 10_000 });
  lab.deaf.add('deaf');
  lab.problems = [held];
  await lab.pass(5);
  assert.deepEqual(lab.told, [{ receiver: 'ops', lines: ['opened held|'] }]);
  lab.deaf.clear();
  await lab.pass(5);
  assert.deepEqual(lab.told.slice(1), [{ receiver: 'deaf', lines: ['opened held|'] }]);
  assert.equal((await lab.alarms())[0]!.pending, undefined);

  lab.deaf.add('deaf');
  lab.problems = [silent];
  await lab.pass(150);
  const given = (await lab.alarms()).find(({ rule }) => rule === 'feed-silent')!;
  assert.deepEqual([given.undelivered?.to, given.undelivered?.code, given.pending], [['deaf'], 'deaf', undefined]);
});

test('a notice that a process took and died with is sent by another', async () => {
  const lab = await openAlarmLab();
  await lab.set({ receivers: [webhook('ops')] });
  const dying = await lab.start(() => new Promise(() => undefined));
  lab.problems = [held];
  await lab.clock.advance(15_000);
  void dying.look();
  await lab.clock.advance(0);
  assert.equal((await lab.alarms())[0]!.pending?.tries, 1);
  lab.isSharedDown = true;
  const other = await lab.start();
  await lab.clock.advance(60_000);
  await other.look();
  assert.deepEqual(lab.told, [{ receiver: 'ops', lines: ['opened held|'] }]);
});

test('a store that is down is told of without it, by one control while the shared state answers, and so is its return', async () => {
  const lab = await openTold();
  await lab.start();
  await lab.pass(0.5);
  lab.isStoreDown = true;
  await lab.pass(5);
  lab.isStoreDown = false;
  await lab.pass(1);
  assert.deepEqual(
    lab.told.filter(({ receiver }) => receiver === 'ops').map(({ lines }) => lines.join()),
    ['opened store-down|', 'recovered store-down|'],
  );
  assert.deepEqual(
    (await lab.alarms()).map(({ rule, status }) => [rule, status]),
    [['store-down', 'ended']],
  );
});
