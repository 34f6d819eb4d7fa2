import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openReader } from '../../../storage/embedded/open-reader.ts';
import { openWriter } from '../../../storage/embedded/open-writer.ts';

test('an omitted field never leaves the thread that reads, whether or not an index decides the filter', () => {
  const database = new DatabaseSync(':memory:');
  const spec = JSON.stringify({ name: 'drafts', indexes: [] });
  const document = { _id: 'a', revision: 1, body: 'sealed'.repeat(1000) };
  openWriter(database, { file: '', limitBytes: undefined }).run([
    ['open', 'drafts', '', spec, '', true],
    ['insert', 'drafts', 'a', JSON.stringify(document), '', true],
  ]);
  const reader = openReader(database);
  reader.run(['open', 'drafts', spec, '']);
  for (const filter of [{}, { revision: 1 }]) {
    const options = JSON.stringify({ limit: 5, omit: ['body'] });
    assert.equal(reader.run(['find', 'drafts', JSON.stringify(filter), options]), '["a",{"_id":"a","revision":1}]');
  }
  reader.close();
});
