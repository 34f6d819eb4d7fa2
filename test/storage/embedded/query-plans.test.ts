import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { CollectionSpec, Filter, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { executionsSpec } from '../../../engine/execution/execution-document.ts';
import { compileFilter, compileSort } from '../../../storage/embedded/compile-query.ts';
import { layoutTable } from '../../../storage/embedded/table-layout.ts';

const QUERIES: readonly (readonly [index: string, filter: Filter, sort: readonly string[]])[] = [
  ['lane', { part: { in: [1, 2] }, open: true }, ['lane.seq']],
  ['due', { open: true, due: { lte: 5 } }, ['due']],
  ['dedupe:key', { dedupe: 'x' }, []],
  ['wake', { wake: { in: ['a', 'b'] } }, []],
  ['blobs', { blobs: { in: ['a', 'b'] } }, []],
  ['by_flow', { flowId: 'flw_a' }, ['-acceptedAt']],
  ['by_status', { status: { in: ['held', 'failed'] } }, ['-acceptedAt']],
  ['by_time', {}, ['-acceptedAt']],
];

test('what the engine asks of a long history is found by an index, though most rows are in few of them', (t) => {
  const database = new DatabaseSync(':memory:');
  t.after(() => database.close());
  const layout = layoutTable(executionsSpec as CollectionSpec<StoredDocument>);
  for (const statement of layout.ddl) database.exec(statement);
  for (const [index, filter, sort] of QUERIES) {
    const { clause } = compileFilter(layout, filter);
    const sql = `EXPLAIN QUERY PLAN SELECT doc FROM "executions" WHERE ${clause.sql} ORDER BY ${compileSort(layout, sort)} LIMIT 100`;
    const plan = (database.prepare(sql).all(...clause.values) as { detail: string }[]).map(({ detail }) => detail).join('; ');
    assert.match(plan, new RegExp(`USING INDEX executions:${index}\\b`), plan);
    assert.doesNotMatch(plan, /SCAN (?!executions USING INDEX)/, plan);
  }
});
