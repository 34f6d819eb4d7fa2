import assert from 'node:assert/strict';
import { test } from 'node:test';
import { surplusOf } from '../../../engine/publish/draft-revisions.ts';

const MINUTE = 60_000;

interface Head {
  readonly name: string;
  readonly at: number;
  readonly by: string;
  readonly bytes: number;
  readonly domain?: string;
  readonly isSetAside?: true;
}

/** Newest first; `ann` saves every second for two hours, then bob works, then ann again. */
function heads(count: number, more: (index: number) => Partial<Head> = () => ({})): readonly Head[] {
  return Array.from({ length: count }, (_, index) => ({
    name: String(count - index),
    at: (count - index) * 1000,
    by: 'ann',
    bytes: 1000,
    ...more(index),
  }));
}

const keptOf = (all: readonly Head[]) => {
  const gone = new Set(surplusOf(all));
  return all.filter((head) => !gone.has(head));
};

test('the newest hundred revisions are kept whole, whoever saved them', () => {
  assert.equal(surplusOf(heads(100)).length, 0);
});

test('of an older stretch of work by one person only its end is kept', () => {
  const kept = keptOf(heads(250, (index) => ({ by: index < 110 ? 'ann' : index < 180 ? 'bob' : 'ann' })));
  assert.deepEqual(
    kept.slice(100).map(({ name }) => name),
    ['140', '70'],
    "the end of bob's stretch, and of ann's before it",
  );
});

test('a pause begins another stretch', () => {
  const all = heads(130, (index) => ({ at: (130 - index) * 1000 - (index >= 115 ? 20 * MINUTE : 0) }));
  assert.deepEqual(
    keptOf(all)
      .slice(100)
      .map(({ name }) => name),
    ['15'],
  );
});

test('what is set aside, however much and under whatever number, displaces nothing that was saved', () => {
  const saved = heads(50);
  const aside = heads(500, () => ({ bytes: 1024 * 1024, isSetAside: true })).map((head) => ({ ...head, name: `aside ${head.name}` }));
  const kept = keptOf([...aside, ...saved]);
  assert.deepEqual(
    kept.filter(({ isSetAside }) => isSetAside !== true),
    saved,
  );
  assert.equal(kept.length - saved.length, 10);
});

test('what is set aside in one domain displaces nothing that was set aside in another one', () => {
  const asideIn = (domain: string | undefined, count: number) =>
    heads(count, () => ({ ...(domain === undefined ? {} : { domain }), isSetAside: true })).map((head) => ({
      ...head,
      name: `${domain} ${head.name}`,
    }));
  const before = [...asideIn('a', 10), ...asideIn(undefined, 3)];
  const kept = keptOf([...asideIn('b', 120), ...before]);
  assert.deepEqual(kept.slice(-before.length), before);
  assert.equal(kept.length - before.length, 50);
});

test('however many people save in turn, a flow keeps a bounded number and a bounded size', () => {
  const inTurn = (index: number) => ({ by: `person ${index % 2}` });
  assert.equal(keptOf(heads(900, inTurn)).length, 300);
  const large = keptOf(heads(200, (index) => ({ ...inTurn(index), bytes: 2 * 1024 * 1024 })));
  assert.equal(large.length, 25);
});
