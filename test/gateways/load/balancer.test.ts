import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { Balancer, type KnownInstance } from '../../../gateways/load/balancer.ts';
import type { EjectionEvent } from '../../../gateways/load/outlier-ejection.ts';
import type { Balancing } from '../../../gateways/documents/upstream-target.ts';

function sequence(): () => number {
  let state = 7;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

const instances = (weights: Readonly<Record<string, number>>) => Object.entries(weights).map(([address, weight]) => ({ address, weight }));

function build(balancing: Balancing, weights: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1, d: 1 }) {
  const clock = fakeClock();
  const events: EjectionEvent[] = [];
  const random = sequence();
  const known = new Map<string, KnownInstance>();
  const open = (of: Readonly<Record<string, number>>) =>
    new Balancer({ clock, instances: instances(of), balancing, known, random, onChange: (event) => events.push(event) });
  const sendBy = (balancer: Balancer, isFailure: (address: string) => boolean, key?: string) => {
    const chosen = balancer.pick(key, new Set());
    balancer.ended(chosen, isFailure(chosen.address), 10);
    return chosen.address;
  };
  const balancer = open(weights);
  return {
    clock,
    events,
    known,
    balancer,
    open,
    sendBy,
    send: (isFailure: (address: string) => boolean, key?: string) => sendBy(balancer, isFailure, key),
  };
}

const never = () => false;

function share(picks: readonly string[], address: string): number {
  return picks.filter((pick) => pick === address).length / picks.length;
}

test('round robin takes turns', () => {
  const { send } = build('round-robin');
  assert.equal(Array.from({ length: 8 }, () => send(never)).join(''), 'abcdabcd');
});

test('weights are kept exactly, and a heavy instance is called between the others', () => {
  const { send } = build('weighted', { a: 5, b: 1, c: 1 });
  assert.equal(Array.from({ length: 14 }, () => send(never)).join(''), 'aabacaaaabacaa');
});

test('an instance of weight 0 gets nothing', () => {
  for (const balancing of ['round-robin', 'weighted', 'two-choices', 'consistent-hash'] as const) {
    const { send } = build(balancing, { a: 1, b: 0, c: 1 });
    for (let i = 0; i < 100; i++) assert.notEqual(send(never, `k${i}`), 'b', balancing);
  }
});

test('a key stays at its instance; a new instance takes only its part, by weight', () => {
  const { open, sendBy, send } = build('consistent-hash', { a: 1, b: 1, c: 2 });
  const keys = Array.from({ length: 40_000 }, (_, i) => `user-${i}`);
  const before = keys.map((key) => send(never, key));
  assert.ok(Math.abs(share(before, 'a') - 0.25) < 0.01 && Math.abs(share(before, 'c') - 0.5) < 0.01);
  assert.deepEqual(
    keys.map((key) => send(never, key)),
    before,
  );
  const next = open({ a: 1, b: 1, c: 2, d: 1 });
  const after = keys.map((key) => sendBy(next, never, key));
  const moved = keys.filter((_, i) => before[i] !== after[i]);
  assert.ok(Math.abs(moved.length / keys.length - 0.2) < 0.01, `${moved.length} moved`);
  assert.ok(
    keys.every((_, i) => before[i] === after[i] || after[i] === 'd'),
    'all of them to the new one',
  );
});

test('two choices prefer the instance that is idle, fast and heavy', () => {
  const { balancer } = build('two-choices', { a: 1, b: 1 });
  const held = balancer.pick(undefined, new Set());
  for (let i = 0; i < 20; i++) {
    const chosen = balancer.pick(undefined, new Set());
    assert.notEqual(chosen.address, held.address);
    balancer.ended(chosen, false, 10);
  }
  balancer.ended(held, false, 1_000);
  const picks = Array.from({ length: 100 }, () => {
    const chosen = balancer.pick(undefined, new Set());
    balancer.ended(chosen, undefined, 0);
    return chosen.address;
  });
  assert.equal(share(picks, held.address), 0, 'it is slow');
});

test('a retry goes to an instance that was not tried', () => {
  for (const balancing of ['round-robin', 'weighted', 'two-choices', 'consistent-hash'] as const) {
    const { balancer } = build(balancing);
    const tried = new Set<string>();
    for (let i = 0; i < 4; i++) balancer.pick('k', tried);
    assert.equal(tried.size, 4, balancing);
    assert.ok(balancer.pick('k', tried), 'a fifth attempt goes to any');
  }
});

test('one of four instances that fails is out at once, and back by one call when it is well', async () => {
  const { clock, events, balancer, send } = build('round-robin');
  const failing = (address: string) => address === 'b';
  for (let i = 0; i < 20; i++) send(failing);
  assert.deepEqual(events, [{ kind: 'instance-ejected', address: 'b', cause: 'consecutive-failures', ejectedMs: 5_000 }]);
  for (let i = 0; i < 40; i++) assert.notEqual(send(failing), 'b');
  await clock.advance(5_000);
  const tried = Array.from({ length: 40 }, () => send(failing));
  assert.equal(tried.filter((address) => address === 'b').length, 1, 'one call tries it');
  assert.equal(events.at(-1)!.ejectedMs, 10_000);
  await clock.advance(10_000);
  const probing = balancer.list().find(({ address }) => address === 'b');
  assert.equal(probing!.state, 'probing');
  const picks = Array.from({ length: 40 }, () => send(never));
  assert.ok(share(picks, 'b') > 0.2);
  assert.deepEqual(events.at(-1), { kind: 'instance-returned', address: 'b', cause: 'probe-good', ejectedMs: 0 });
});

test('while an instance is tried, no second call goes to it', async () => {
  const { clock, balancer, send } = build('round-robin', { a: 1, b: 1 });
  for (let i = 0; i < 20; i++) send((address) => address === 'b');
  await clock.advance(5_000);
  const held = Array.from({ length: 10 }, () => balancer.pick(undefined, new Set()));
  assert.equal(held.filter(({ address }) => address === 'b').length, 1);
});

test('an instance with half failures among others is out', () => {
  const { events, balancer } = build('round-robin');
  for (let i = 0; i < 400 && events.length === 0; i++) {
    const chosen = balancer.pick(undefined, new Set());
    balancer.ended(chosen, chosen.address === 'c' && i % 8 < 4, 10);
  }
  assert.equal(events[0]?.cause, 'failure-share');
  assert.equal(events[0]?.address, 'c');
});

test('at most half of the instances are out; a single one never is', () => {
  const four = build('round-robin');
  for (let i = 0; i < 400; i++) four.send(() => true);
  assert.equal(four.balancer.list().filter(({ state }) => state === 'ejected').length, 2);
  const one = build('round-robin', { a: 1 });
  for (let i = 0; i < 400; i++)
    assert.equal(
      one.send(() => true),
      'a',
    );
});

test('an instance found unhealthy by checks gets nothing, unless all are', () => {
  const { known, send } = build('weighted', { a: 1, b: 1 });
  known.get('a')!.isHealthy = false;
  for (let i = 0; i < 10; i++) assert.equal(send(never), 'b');
  known.get('b')!.isHealthy = false;
  assert.ok(['a', 'b'].includes(send(never)));
});

test('the balancer of the next plan knows the instances that stay, and calls of the old plan end in both', () => {
  const { balancer, open, sendBy, send } = build('round-robin');
  for (let i = 0; i < 20; i++) send((address) => address === 'b');
  const held = balancer.pick(undefined, new Set());
  const next = open({ a: 1, b: 1, c: 1, d: 1, e: 3 });
  for (let i = 0; i < 20; i++) assert.notEqual(sendBy(next, never), 'b');
  assert.equal(next.list().find(({ address }) => address === held.address)!.inFlight, 1);
  balancer.ended(held, false, 10);
  assert.ok(next.list().every(({ inFlight }) => inFlight === 0));
});

test('instances of the own zone are preferred, others used when none of them works; one without a zone is near', () => {
  const clock = fakeClock();
  const zones: Readonly<Record<string, string | undefined>> = { a: 'east', b: 'west', c: 'east', d: undefined };
  const open = (zone: string | undefined) => {
    const known = new Map<string, KnownInstance>();
    const instances = Object.entries(zones).map(([address, of]) => ({ address, weight: 1, ...(of !== undefined && { zone: of }) }));
    return { known, balancer: new Balancer({ clock, instances, zone, balancing: 'round-robin', known, random: () => 0.5 }) };
  };
  const picks = ({ balancer }: ReturnType<typeof open>, tried = new Set<string>()) =>
    [...new Set(Array.from({ length: 12 }, () => balancer.pick(undefined, new Set(tried)).address))].sort().join('');
  assert.equal(picks(open('east')), 'acd');
  assert.equal(picks(open('west')), 'bd');
  assert.equal(picks(open('north')), 'd');
  assert.equal(picks(open(undefined)), 'abcd');
  const west = open('west');
  for (const address of ['b', 'd']) west.known.get(address)!.isHealthy = false;
  assert.equal(picks(west), 'ac');
  const retried = open('west');
  assert.equal(picks(retried, new Set(['b', 'd'])), 'ac', 'a retry goes to another instance first');
});
