/**
 * The last connection test of each adapter: its time, the person who ran it and the step that failed. The data sent or
 * received is not stored.
 */
import { Type } from 'typebox';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Text } from '../../engine/contract/values/texts.ts';

export interface AdapterTest {
  readonly at: number;
  readonly by: string;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly failedStep?: Text;
}

interface StoredTest extends StoredDocument, AdapterTest {}

const adapterTestsSpec: CollectionSpec<StoredTest> = {
  name: 'adapter_tests',
  schema: Type.Object({ _id: Type.String(), at: Type.Number(), ok: Type.Boolean() }, { additionalProperties: true }),
  indexes: [],
};

export interface AdapterTests {
  /** Returns the last test of each adapter by adapter id; at most 1000. */
  list(): Promise<ReadonlyMap<string, AdapterTest>>;
  keep(adapterId: string, test: AdapterTest): Promise<void>;
  remove(adapterId: string): Promise<void>;
}

export async function openAdapterTests(documents: Documents): Promise<AdapterTests> {
  const tests = await documents.open(adapterTestsSpec);
  return {
    list: async () => new Map((await tests.find({}, { limit: 1000 })).map(({ _id, ...test }) => [_id, test])),
    async keep(adapterId, test) {
      const stored = { _id: adapterId, ...test };
      if (!(await tests.insert(stored)).inserted) await tests.replaceIf(stored, {});
    },
    remove: async (adapterId) => void (await tests.remove(adapterId)),
  };
}
