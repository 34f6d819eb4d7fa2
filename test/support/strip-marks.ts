import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MARKED_COLLECTIONS } from '../../engine/integrity/marked-collections.ts';
import { editStore } from './edit-store.ts';

/** Makes of a guarded home what version 0.1.0 left: no marks, no word about them, a trail without them, no head. */
export function stripMarks(home: string): void {
  rmSync(join(home, 'audit-head'), { force: true });
  editStore(join(home, 'store'), (store) => {
    for (const collection of MARKED_COLLECTIONS) {
      if (store.database.prepare('SELECT 1 FROM ":collections" WHERE name = ?').get(collection) === undefined) continue;
      for (const { _id, _mark } of store.all(collection))
        if (_mark !== undefined) store.change(collection, String(_id), ({ _mark: _, ...document }) => document);
    }
    store.remove('integrity');
    store.remove('audit');
    store.change('store_level', 'store', (level) => ({ ...level, level: 1, beside: 1 }));
  });
}
