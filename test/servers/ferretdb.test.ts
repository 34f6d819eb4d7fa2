import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { MongoClient, ObjectId, type Collection, type Document } from 'mongodb';
import { prepareFerretdb, startFerretdb } from './ferretdb.ts';
import type { ServerProcess } from './start-process.ts';

const TEXTS = [
  '',
  's',
  'sa',
  's<b>',
  's"q"',
  's\\',
  '[',
  '["sa"]',
  's\0',
  's\0b',
  's\uffff\u0001',
  's\uffff😀',
  's\u2028',
  's ',
  's!',
  '1',
  'true',
  'null',
  '{',
];
const NUMBERS = [0, 1, -1, 1.5, 0.1, 0.1 + 0.2, 1 / 3, 1e20, 1e300, -1e300, 5e-324, 2 ** 53, 2 ** 31, 1_764_098_000_000];
const scalar = fc.constantFrom<string | number>(...TEXTS, ...NUMBERS);
const value = fc.option(scalar, { freq: 5 });
const anything = fc.oneof(
  value,
  fc.array(value, { maxLength: 2 }),
  fc.boolean(),
  fc.constantFrom(new ObjectId('507f1f77bcf86cd799439011'), new Date(5), { a: 1 }),
);
const row = fc.record({ c0: value, c1: value, a0: fc.array(scalar, { minLength: 1, maxLength: 3 }), g: anything }, { requiredKeys: [] });
const ids = Array.from({ length: 150 }, (_, i) => `${TEXTS[i % TEXTS.length] ?? ''}~${i}`);

const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 2 });
const operator = fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$gte', '$lt', '$lte', '$lte');
const condition = (operand: fc.Arbitrary<unknown>, bound: fc.Arbitrary<unknown>) =>
  fc.oneof(
    operand,
    fc.record({ $in: fc.array(operand, { maxLength: 4 }) }),
    few(fc.tuple(operator, bound)).map((bounds) => Object.fromEntries(bounds) as object),
  );
const anId = fc.constantFrom(...ids);
const one = (field: string, of: fc.Arbitrary<unknown>) => of.map((wanted): Document => ({ [field]: wanted }));
const simple = fc.oneof(
  ...['c0', 'c1', 'a0'].map((field) => one(field, condition(value, scalar))),
  one('_id', condition(anId, anId)),
  one('g', condition(anything, scalar)),
);
const both = few(simple).map((parts): Document => Object.assign({}, ...parts) as Document);
const filter = fc.oneof(
  both,
  fc.tuple(simple, fc.constantFrom('$or', '$and'), few(both)).map(([part, key, parts]): Document => ({ ...part, [key]: parts })),
  one('$or', few(both)),
);
const order = fc.constantFrom<Record<string, 1 | -1>>(
  { c0: 1, _id: 1 },
  { c0: -1, _id: -1 },
  { c0: 1, c1: -1, _id: 1 },
  { _id: -1 },
  { a0: 1, _id: 1 },
);

describe('FerretDB, patched', { skip: prepareFerretdb() ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kq-ferretdb-'));
  const started: { readonly server: ServerProcess; readonly client: MongoClient }[] = [];

  async function open(options: { readonly readsEveryRow?: true }): Promise<Collection> {
    const server = await startFerretdb({ folder, ...options });
    const client = new MongoClient(server.address);
    started.push({ server, client });
    return client.db('kq').collection('rows');
  }

  let rows: Collection;
  let everyRow: Collection;
  before(async () => {
    rows = await open({});
    const indexes = [['c0'], ['c0', 'c1'], ['a0'], ['g']];
    for (const fields of indexes)
      await rows.createIndex(Object.fromEntries([...fields, '_id'].map((field) => [field, 1])), { name: fields.join() });
    const [first, second] = fc.sample(fc.array(row, { minLength: ids.length, maxLength: ids.length }), { numRuns: 2, seed: 5 });
    for (const [i, _id] of ids.entries()) await rows.insertOne({ _id, ...first?.[i] } as Document);
    // Written over and removed: what was found before is found no more.
    for (const [i, _id] of ids.entries()) if (i % 3 === 0) await rows.replaceOne({ _id } as Document, second?.[i] ?? {});
    for (const [i, _id] of ids.entries()) if (i % 10 === 0) await rows.deleteOne({ _id } as Document);
    everyRow = await open({ readsEveryRow: true });
  });
  after(async () => {
    for (const { server, client } of started) {
      await client.close();
      await server.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds by indexes what it finds by reading every row, in the same order', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(filter, order, fc.constantFrom(0, 1, 5), async (query, sort, limit) => {
        const [found, expected] = await Promise.all([rows, everyRow].map((from) => from.find(query, { sort, limit }).toArray()));
        assert.deepEqual(found, expected);
        if (found?.length) hits++;
      }),
      { numRuns: 400, seed: 11 },
    );
    assert.ok(hits > 100, `only ${hits} of the filters match anything`);
  });

  it('uses the indexes', async () => {
    for (const query of [
      { c0: 'sa' },
      { c0: { $in: ['sa', 1] }, c1: { $gte: 's', $lt: 't' } },
      { a0: 'sa' },
      { _id: { $gt: 'x' } },
      { $or: [{ c0: 1 }, { a0: 1 }] },
    ]) {
      const plan = JSON.stringify(await rows.find(query as Document).explain());
      assert.match(plan, /USING (INDEX|PRIMARY KEY)/);
      assert.doesNotMatch(plan, /SCAN/);
    }
  });

  it('refuses a row that its sorts would misplace', async () => {
    await assert.rejects(rows.insertOne({ _id: 'array', c0: ['sa'] } as Document));
    await assert.rejects(rows.replaceOne({ _id: ids[1] } as Document, { c0: true }));
  });
});
