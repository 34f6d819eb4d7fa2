/** What every backend of the port `Documents` promises. Run by each backend, with no exception for any. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, Filter } from '../../engine/contract/ports/documents.ts';
import { fakeClock, type FakeClock } from '../../engine/testing/fake-clock.ts';
import { eventually } from './eventually.ts';
import { assertPatched } from './assert-patched.ts';

interface Visit {
  readonly _id: string;
  readonly ward?: string | null;
  readonly bed?: number | null;
  readonly open?: boolean;
  readonly lane?: { readonly key: string; readonly seq: string } | null;
  readonly tags?: readonly (string | number)[];
  readonly note?: unknown;
  readonly card?: string | null;
  readonly firm?: string;
  readonly staff?: number;
  readonly legs?: Readonly<Record<string, { readonly status?: string; readonly attempt?: number }>>;
  readonly endsAt?: number;
}

export interface OpenedDocuments {
  readonly documents: Documents;
  close(): Promise<void>;
}

export function documentsConformance(name: string, open: (clock: FakeClock) => Promise<OpenedDocuments>): void {
  describe(`documents on ${name}`, () => {
    const clock = fakeClock();
    let opened: OpenedDocuments;
    let serial = 0;
    const visits = () => opened.documents.open(visitsSpec(`visits${++serial}`));
    const filled = async (...documents: readonly Visit[]) => {
      const collection = await visits();
      for (const document of documents) assert.deepEqual(await collection.insert(document), { inserted: true });
      return collection;
    };

    before(async () => void (opened = await open(clock)));
    after(() => opened.close());

    describe('single documents', () => singleDocuments(filled, visits));
    describe('conditions', () => conditions(filled));
    describe('order and pages', () => orderAndPages(filled));
    describe('races', () => races(filled, visits));

    it('refuses a collection whose stored indexes differ', async () => {
      await opened.documents.open(visitsSpec('same'));
      await opened.documents.open(visitsSpec('same'));
      await assert.rejects(
        opened.documents.open({ ...visitsSpec('same'), indexes: [] }),
        (error) => error instanceof AppError && error.code === 'STORE_SCHEMA_MISMATCH',
      );
    });

    it('removes a document by itself within a minute of its end, and only then', async () => {
      const collection = await filled(
        { _id: 'a', endsAt: clock.now() + 60_000, tags: ['x'] },
        { _id: 'b', endsAt: clock.now() + 600_000 },
        { _id: 'c' },
      );
      await clock.advance(59_000);
      assert.ok(await collection.get('a'));
      await clock.advance(1000);
      await eventually(async () => {
        await clock.advance(500);
        return (await collection.get('a')) === undefined;
      });
      assert.deepEqual(await ids(collection, {}), ['b', 'c']);
      assert.deepEqual(await ids(collection, { tags: 'x' }), []);
    });

    it('answers a ping and counts round trips', async () => {
      const collection = await visits();
      const { writes, reads } = opened.documents.counters;
      await collection.insert({ _id: 'a' });
      await collection.get('a');
      await opened.documents.ping();
      assert.equal(opened.documents.counters.writes, writes + 1);
      assert.equal(opened.documents.counters.reads, reads + 1);
    });
  });
}

export function visitsSpec(name: string): CollectionSpec<Visit> {
  return {
    name,
    schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
    indexes: [
      { name: 'card', fields: ['card'], unique: true },
      { name: 'badge', fields: ['firm', 'staff'], unique: true },
      { name: 'lane', fields: ['ward', 'open', 'lane.seq'] },
      { name: 'by_bed', fields: ['bed'] },
      { name: 'tags', fields: ['tags'] },
    ],
    expiresAt: 'endsAt',
  };
}

type Filled = (...documents: readonly Visit[]) => Promise<Collection<Visit>>;

function singleDocuments(filled: Filled, visits: () => Promise<Collection<Visit>>): void {
  it('gives back what was inserted, without undefined fields', async () => {
    const collection = await visits();
    await collection.insert({ _id: 'a', note: { text: '康桥 "𠮷" \u0000 \\', n: -0.5, list: [1, null, { x: [] }], none: undefined } });
    assert.deepEqual(await collection.get('a'), { _id: 'a', note: { text: '康桥 "𠮷" \u0000 \\', n: -0.5, list: [1, null, { x: [] }] } });
    assert.equal(await collection.get('b'), undefined);
  });

  it('never overwrites, and tells a taken id from a taken key', async () => {
    const collection = await filled({ _id: 'a', card: '1' }, { _id: 'b', firm: 'f', staff: 1 });
    assert.deepEqual(await collection.insert({ _id: 'a', card: '1' }), { inserted: false, duplicateOf: 'id' });
    assert.deepEqual(await collection.insert({ _id: 'c', card: '1' }), { inserted: false, duplicateOf: 'unique', index: 'card' });
    assert.deepEqual(await collection.insert({ _id: 'c', firm: 'f', staff: 1 }), {
      inserted: false,
      duplicateOf: 'unique',
      index: 'badge',
    });
    assert.deepEqual(await ids(collection, {}), ['a', 'b']);
  });

  it('constrains a unique key only where a path of it is present', async () => {
    const collection = await filled(
      { _id: 'a' },
      { _id: 'b' },
      { _id: 'c', card: null },
      { _id: 'd', firm: 'f' },
      { _id: 'e', firm: 'f', staff: 1 },
    );
    assert.deepEqual(await collection.insert({ _id: 'z', firm: 'f' }), { inserted: false, duplicateOf: 'unique', index: 'badge' });
    assert.deepEqual(await collection.patchIf('e', {}, { unset: ['staff'] }), { outcome: 'duplicate-key', index: 'badge' });
    assertPatched(await collection.patchIf('a', {}, { set: { card: '9' } }), { _id: 'a', card: '9' });
    assert.deepEqual(await collection.patchIf('b', {}, { set: { card: '9' } }), { outcome: 'duplicate-key', index: 'card' });
    assert.deepEqual(await collection.get('b'), { _id: 'b' });
  });

  it('frees a unique key when it is unset or its document removed', async () => {
    const collection = await filled({ _id: 'a', card: '1' }, { _id: 'b', card: '2' });
    await collection.patchIf('a', {}, { unset: ['card'] });
    assert.equal(await collection.remove('b'), true);
    assert.deepEqual(await collection.insert({ _id: 'c', card: '1' }), { inserted: true });
    assert.deepEqual(await collection.insert({ _id: 'd', card: '2' }), { inserted: true });
  });

  it('patches dotted paths: set makes parents, unset removes, inc adds', async () => {
    const collection = await filled({ _id: 'a', bed: 1, legs: { m: { status: 'running', attempt: 1 } } });
    const result = await collection.patchIf(
      'a',
      { bed: 1 },
      {
        set: { 'legs.m.status': 'settled', 'legs.x.status': 'new', 'lane.key': 'k' },
        unset: ['ward', 'bed', 'no.such.path'],
        inc: { 'legs.m.attempt': 2, staff: -3 },
      },
    );
    const document = { _id: 'a', legs: { m: { status: 'settled', attempt: 3 }, x: { status: 'new' } }, lane: { key: 'k' }, staff: -3 };
    assertPatched(result, document);
    assert.deepEqual(await collection.get('a'), document);
  });

  it('refuses a patch through a value that is no object, and changes nothing', async () => {
    const collection = await filled({ _id: 'a', bed: 1, ward: 'w' });
    for (const patch of [{ set: { bed: 2, 'ward.x': 1 } }, { inc: { ward: 1 } }]) {
      await assert.rejects(collection.patchIf('a', {}, patch), (error) => error instanceof AppError && error.code === 'STORE_BAD_PATCH');
    }
    assert.deepEqual(await collection.get('a'), { _id: 'a', bed: 1, ward: 'w' });
  });

  it('replaces, patches and removes only what matches', async () => {
    const collection = await filled({ _id: 'a', bed: 1 });
    assert.deepEqual(await collection.replaceIf({ _id: 'a', bed: 2 }, { bed: 9 }), { outcome: 'no-match' });
    assert.deepEqual(await collection.patchIf('b', {}, { set: { bed: 2 } }), { outcome: 'no-match' });
    assert.equal(await collection.remove('a', { bed: 9 }), false);
    assertPatched(await collection.replaceIf({ _id: 'a', ward: 'x' }, { bed: 1 }), { _id: 'a', ward: 'x' });
    assert.deepEqual(await collection.get('a'), { _id: 'a', ward: 'x' });
    assert.equal(await collection.remove('a', { ward: 'x' }), true);
    assert.equal(await collection.remove('a'), false);
  });

  it('keeps field names that look like JavaScript internals as plain data', async () => {
    const collection = await filled({ _id: 'a', legs: {} });
    await collection.patchIf('a', {}, { set: { 'legs.__proto__.status': 'x', 'legs.constructor.status': 'y' } });
    const document = await collection.get('a');
    assert.deepEqual(Object.keys(document?.legs ?? {}).sort(), ['__proto__', 'constructor']);
    assert.equal(({} as { status?: string }).status, undefined);
    assert.deepEqual(await ids(collection, { 'legs.toString': null }), ['a']);
  });
}

function conditions(filled: Filled): void {
  const cases: readonly [title: string, filter: Filter, expected: readonly string[]][] = [
    ['string equality on an indexed path', { ward: 'w1' }, ['a', 'b']],
    ['number equality', { bed: 2 }, ['b']],
    ['a boolean is not a number', { open: true }, ['a', 'd']],
    ['a number is not a boolean', { note: 1 }, ['c']],
    ['true in a path without index', { note: true }, ['d']],
    ['null means null or absent', { ward: null }, ['d', 'e']],
    ['null on a nested path', { 'lane.seq': null }, ['b', 'c', 'd', 'e']],
    ['a nested path', { 'lane.seq': '7' }, ['a']],
    ['contains, on an indexed array', { tags: 'x' }, ['a', 'b']],
    ['contains, with its type', { tags: 1 }, ['c']],
    ['a scalar on a path that holds arrays elsewhere', { tags: 'plain' }, ['d']],
    ['in', { ward: { in: ['w2', 'none', null] } }, ['c', 'd', 'e']],
    ['in, on an array', { tags: { in: ['y', 1] } }, ['b', 'c']],
    ['an empty in', { ward: { in: [] } }, []],
    ['in on the id', { _id: { in: ['a', 'e', 'zz'] } }, ['a', 'e']],
    ['exists counts null as present', { ward: { exists: true } }, ['a', 'b', 'c', 'e']],
    ['not exists', { ward: { exists: false } }, ['d']],
    ['a number range', { bed: { gt: 1, lte: 10 } }, ['b', 'c']],
    ['a range of strings leaves numbers out', { bed: { gte: '' } }, ['e']],
    ['a range of numbers leaves strings out', { bed: { gte: 0 } }, ['a', 'b', 'c']],
    ['a string range by code point', { ward: { gte: 'w1', lt: 'w2' } }, ['a', 'b']],
    ['a range in a path without index', { staff: { lt: 5 } }, ['b']],
    ['prefix on an indexed path', { ward: { prefix: 'w' } }, ['a', 'b', 'c']],
    ['prefix with a wild-card character is literal', { ward: { prefix: '%' } }, []],
    ['prefix without index', { 'lane.key': { prefix: 'k' } }, ['a']],
    ['the empty prefix is any string', { bed: { prefix: '' } }, ['e']],
    ['all paths must hold', { ward: 'w1', open: true, 'lane.seq': { gte: '5' } }, ['a']],
  ];
  for (const [title, filter, expected] of cases) {
    it(`holds as written: ${title}`, async () => {
      const collection = await filled(
        { _id: 'a', ward: 'w1', bed: 1, open: true, lane: { key: 'k1', seq: '7' }, tags: ['x', 'x'] },
        { _id: 'b', ward: 'w1', bed: 2, open: false, tags: ['x', 'y'], staff: 4 },
        { _id: 'c', ward: 'w2', bed: 10, tags: [1], note: 1, lane: null, staff: 5 },
        { _id: 'd', open: true, tags: 'plain' as unknown as string[], note: true },
        { _id: 'e', ward: null, bed: 'x' as unknown as number, tags: [] },
      );
      assert.deepEqual(await ids(collection, filter), expected);
      assert.equal(await collection.count(filter), expected.length);
      for (const id of ['a', 'b', 'c', 'd', 'e']) {
        const { outcome } = await collection.patchIf(id, filter, { set: { firm: id } });
        assert.equal(outcome, expected.includes(id) ? 'patched' : 'no-match', `patchIf and find disagree about ${id}`);
      }
    });
  }

  it('follows an array as it changes', async () => {
    const collection = await filled({ _id: 'a', tags: ['x', 'y'] });
    await collection.patchIf('a', {}, { set: { tags: ['y', 'z'] } });
    assert.deepEqual(await ids(collection, { tags: 'x' }), []);
    assert.deepEqual(await ids(collection, { tags: 'z' }), ['a']);
    await collection.replaceIf({ _id: 'a' }, {});
    assert.deepEqual(await ids(collection, { tags: 'y' }), []);
  });

  it('counts up to the limit and stops there', async () => {
    const collection = await filled(...Array.from({ length: 20 }, (_, i) => ({ _id: `n${i}`, ward: 'w', firm: `f${i}` })));
    assert.equal(await collection.count({ ward: 'w' }, 7), 7);
    assert.equal(await collection.count({ firm: { prefix: 'f' } }, 7), 7);
    assert.equal(await collection.count({}), 20);
  });
}

function orderAndPages(filled: Filled): void {
  const mixed: readonly Visit[] = [
    { _id: 'n', bed: null },
    { _id: 'm' },
    { _id: 'two', bed: 2 },
    { _id: 'ten', bed: 10 },
    { _id: 'neg', bed: -1.5 },
    ...['a', 'B', '\uffee', '𠮷', '康'].map((text, i) => ({ _id: `s${i}`, bed: text as unknown as number })),
  ];

  for (const [title, path] of [
    ['with an index', 'bed'],
    ['without an index', 'note'],
  ] as const) {
    it(`sorts null, numbers, strings by code point, then by id, ${title}`, async () => {
      const collection = await filled(...mixed.map(({ _id, bed }) => ({ _id, ...(bed === undefined ? {} : { [path]: bed }) })));
      assert.deepEqual(await ids(collection, {}, [path]), ['m', 'n', 'neg', 'two', 'ten', 's1', 's0', 's4', 's2', 's3']);
      assert.deepEqual(await ids(collection, {}, [`-${path}`]), ['s3', 's2', 's4', 's0', 's1', 'ten', 'two', 'neg', 'm', 'n']);
    });
  }

  for (const sort of [[], ['bed'], ['-bed'], ['ward', '-bed'], ['-note', 'ward']]) {
    it(`reads page after page without gap or repeat, sorted by ${JSON.stringify(sort)}`, async () => {
      const documents = Array.from({ length: 40 }, (_, i) => ({
        _id: `d${(i * 17) % 40}`,
        firm: `f${i}`,
        ...(i % 5 === 0 ? {} : { bed: i % 7 }),
        ...(i % 3 === 0 ? {} : { ward: `w${i % 2}`, note: i % 4 }),
      }));
      const collection = await filled(...documents);
      const whole = await ids(collection, {}, sort);
      const paged: string[] = [];
      for (let after: string | undefined; ; after = paged.at(-1)) {
        const page = await collection.find({}, { sort, limit: 7, ...(after === undefined ? {} : { after }) });
        paged.push(...page.map(({ _id }) => _id));
        if (page.length < 7) break;
      }
      assert.equal(whole.length, 40);
      assert.deepEqual(paged, whole);
    });
  }

  for (const sort of [[], ['bed'], ['-bed'], ['-note'], ['lane.seq', '-staff']]) {
    it(`leaves out what is omitted, though it sorts (${JSON.stringify(sort)}) and filters by it`, async () => {
      const collection = await filled(
        ...Array.from({ length: 12 }, (_, i) => ({
          _id: `d${(i * 7) % 12}`,
          ward: 'w',
          bed: i % 4,
          lane: { key: i % 2 ? '"note":1' : '\ud800', seq: String(i % 3) },
          note: ['\u0000', 'n', '𠮷', '\\u0000', { note: 'inner', 'no"te': [1.5, 1e300] }, i][i % 6],
          legs: { x: { status: i % 5 === 0 ? 'off' : 'on' } },
          tags: ['note', '康\u0000'.slice(0, 1 + (i % 2)), -0.5e-7],
          firm: `f${i}`,
          staff: i % 2,
        })),
      );
      for (const filter of [{ ward: 'w' }, { ward: 'w', 'legs.x.status': 'on' }]) {
        const whole = await collection.find(filter, { sort, limit: 1000 });
        const listed: unknown[] = [];
        for (let after: string | undefined; ;) {
          const omit = ['ward', 'bed', 'lane', 'note', 'legs', 'card'] as const;
          const page = await collection.find(filter, { sort, limit: 5, omit, ...(after === undefined ? {} : { after }) });
          listed.push(...page);
          after = page.at(-1)?._id;
          if (page.length < 5) break;
        }
        assert.deepEqual(
          listed,
          whole.map(({ _id, tags, firm, staff }) => ({ _id, tags, firm, staff })),
        );
      }
    });
  }

  it('decides on the whole document after a find that left a part of it out', async () => {
    const collection = await filled({ _id: 'a', bed: 1, note: 'kept' });
    assert.deepEqual(await collection.find({}, { limit: 5, omit: ['note'] }), [{ _id: 'a', bed: 1 }]);
    assertPatched(await collection.patchIf('a', { note: 'kept' }, { inc: { bed: 1 } }), { _id: 'a', bed: 2, note: 'kept' });
    assert.deepEqual(await collection.get('a'), { _id: 'a', bed: 2, note: 'kept' });
  });

  it('goes on by id behind a document that is gone, and refuses a sorted page behind one', async () => {
    const collection = await filled({ _id: 'a', bed: 1 }, { _id: 'b', bed: 2 }, { _id: 'c', bed: 3 });
    await collection.remove('b');
    assert.deepEqual(
      (await collection.find({}, { limit: 5, after: 'b' })).map(({ _id }) => _id),
      ['c'],
    );
    await assert.rejects(
      collection.find({}, { sort: ['bed'], limit: 5, after: 'b' }),
      (error) => error instanceof AppError && error.code === 'STORE_CURSOR_GONE',
    );
  });

  it('lists a lane in order and at most as many as asked', async () => {
    const collection = await filled(
      ...Array.from({ length: 30 }, (_, i) => ({
        _id: `x${i}`,
        ward: 'p',
        open: i % 3 > 0,
        lane: { key: 'k', seq: String((i * 7) % 30).padStart(4, '0') },
      })),
    );
    const listed = await collection.find({ ward: 'p', open: true }, { sort: ['lane.seq'], limit: 10 });
    const seqs = listed.map(({ lane }) => lane?.seq);
    assert.equal(listed.length, 10);
    assert.deepEqual(seqs, [...seqs].sort());
  });
}

function races(filled: Filled, visits: () => Promise<Collection<Visit>>): void {
  it('lets exactly one of 1,000 parallel conditional updates win', async () => {
    const collection = await filled({ _id: 'a', bed: 0 });
    const results = await Promise.all(Array.from({ length: 1000 }, (_, i) => collection.patchIf('a', { bed: 0 }, { set: { bed: i + 1 } })));
    const won = results.flatMap((result, i) => (result.outcome === 'patched' ? [i + 1] : []));
    assert.equal(won.length, 1);
    assert.equal((await collection.get('a'))?.bed, won[0]);
  });

  it('adds 1,000 parallel increments up', async () => {
    const collection = await filled({ _id: 'a', bed: 0 });
    await Promise.all(Array.from({ length: 1000 }, () => collection.patchIf('a', {}, { inc: { bed: 1 } })));
    assert.equal((await collection.get('a'))?.bed, 1000);
  });

  it('lets exactly one of 200 parallel inserts have an id, and one a unique key', async () => {
    const collection = await visits();
    const byId = await Promise.all(Array.from({ length: 200 }, (_, i) => collection.insert({ _id: 'same', bed: i })));
    const byKey = await Promise.all(Array.from({ length: 200 }, (_, i) => collection.insert({ _id: `k${i}`, card: 'same' })));
    assert.equal(byId.filter(({ inserted }) => inserted).length, 1);
    assert.equal(byKey.filter(({ inserted }) => inserted).length, 1);
    assert.equal(await collection.count({}), 2);
  });

  it('applies the operations of one process in the order of their calls, without waiting for answers', async () => {
    const collection = await visits();
    const inserted = collection.insert({ _id: 'a', bed: 0 }, { durability: 'full' });
    const patches = Array.from({ length: 100 }, (_, i) =>
      collection.patchIf('a', { bed: i }, { set: { bed: i + 1 } }, { durability: i % 2 === 0 ? 'full' : 'light' }),
    );
    const got = collection.get('a');
    const counted = collection.count({ bed: 100 });
    assert.deepEqual(await inserted, { inserted: true });
    assert.ok((await Promise.all(patches)).every(({ outcome }) => outcome === 'patched'));
    assert.equal((await got)?.bed, 100);
    assert.equal(await counted, 1);
  });

  it('lets a failing operation leave its neighbours alone', async () => {
    const collection = await filled({ _id: 'a', ward: 'w', card: '1' });
    const results = await Promise.allSettled([
      collection.insert({ _id: 'b' }),
      collection.patchIf('a', {}, { inc: { ward: 1 } }),
      collection.insert({ _id: 'c', card: '1' }),
      collection.insert({ _id: 'd' }),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(await ids(collection, {}), ['a', 'b', 'd']);
  });
}

async function ids(collection: Collection<Visit>, filter: Filter, sort: readonly string[] = []): Promise<readonly string[]> {
  return (await collection.find(filter, { sort, limit: 1000 })).map(({ _id }) => _id);
}
