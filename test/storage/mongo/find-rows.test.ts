import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Filter } from '../../../engine/contract/ports/documents.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { prepareMongoJava, startMongoJava } from '../../servers/mongo-java.ts';
import { freshDatabase, openMongo } from './open-mongo.ts';

const text = fc.constantFrom<string>('', 'a', 'ab', 'b', '康', '\uffee', '\uffff', '𠮷', '𠮷a', '\ud800');
const bed = fc.option(fc.oneof(fc.integer({ min: -2, max: 2 }), text, fc.boolean()), { nil: undefined });
const visit = fc.record({
  ward: fc.option(text),
  bed,
  open: fc.constantFrom(true, undefined),
  tags: fc.array(fc.oneof(text, fc.nat(2)), { maxLength: 3 }),
});
const sort = fc.constantFrom(
  [],
  ['bed'],
  ['-bed'],
  ['ward', 'open', 'bed'],
  ['-ward', '-bed'],
  ['-ward', 'bed'],
  ['-tags'],
  ['-note', '-ward'],
  ['-_id'],
  ['-bed', '_id'],
);
const condition = fc.oneof(
  text,
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(true, null),
  fc.record({ prefix: text }),
  fc.record({ in: fc.array(fc.oneof(text, fc.nat(2), fc.constant(null)), { maxLength: 3 }) }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ gte: text }, { requiredKeys: [] }),
  fc.record({ gt: fc.integer({ min: -2, max: 2 }), lte: fc.integer({ min: -2, max: 2 }) }, { requiredKeys: ['gt'] }),
  fc.record({ lt: text }),
);
/** The store writes them as an escape of several characters. */
const ESCAPED = ['\uffff', '\ud800', '\udfff', 'a\uffff', '𠮷'];
const startingWith = (prefix: string): [{ ward: { prefix: string } }, [], number] => [{ ward: { prefix } }, [], 5];
const halves = ['\ud800', '\udfffa'].map((ward) => ({ ward, bed: undefined, open: undefined, tags: [] }));
const filter = fc.dictionary(fc.constantFrom('ward', 'bed', 'tags', 'open', '_id', 'note'), condition, { maxKeys: 2 });

it('finds, counts, sorts and pages as the store in memory does', { skip: prepareMongoJava() ?? false }, async () => {
  const server = await startMongoJava();
  const clock = fakeClock();
  const { documents } = await openMongo(freshDatabase(server.address), clock);
  const memory = createMemoryDocuments({ clock });
  let serial = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(visit, { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(filter, sort, fc.integer({ min: 1, max: 9 })), { minLength: 5, maxLength: 5 }),
        async (visits, queries) => {
          const spec = visitsSpec(`v${++serial}`);
          const [ours, theirs] = [await documents.open(spec), await memory.open(spec)];
          for (const [i, fields] of visits.entries()) {
            const document = { _id: `${'ba康'[i % 3]}${i}`, ...fields } as never;
            await Promise.all([ours.insert(document), theirs.insert(document)]);
          }
          for (const [where, order, limit] of queries) {
            assert.equal(await ours.count(where as Filter, 7), await theirs.count(where as Filter, 7));
            for (let after: string | undefined; ;) {
              const options = { sort: order, limit, ...(after === undefined ? {} : { after }) };
              const [page, expected] = [await ours.find(where as Filter, options), await theirs.find(where as Filter, options)];
              assert.deepEqual(page, expected);
              after = page.at(-1)?._id;
              if (page.length < limit) break;
            }
          }
        },
      ),
      { numRuns: 40, seed: 7, examples: [[halves, ESCAPED.map(startingWith)]] },
    );
  } finally {
    await documents.close();
    await server.stop();
  }
});
