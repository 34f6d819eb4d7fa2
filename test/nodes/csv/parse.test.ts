import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import csvParse from '../../../nodes/csv/parse.node.ts';
import csvSerialise from '../../../nodes/csv/serialise.node.ts';
import { endsOnCancel, LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { dataOf, messageOf, refusalOf, streamedBlob } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'reads rows by the names of the first row; everything stays text unless numbers are asked for',
  refusal: 'what is wrong in a file is refused with its row, never with its content',
  slow: 'a large file streams through a thread in bounded memory',
  duplicate: 'reads rows by the names of the first row; everything stays text unless numbers are asked for',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are read in a thread, while this one goes on',
});

const parse = (data: unknown, config: Record<string, unknown> = {}) => dataOf(csvParse, data, config);

test('reads rows by the names of the first row; everything stays text unless numbers are asked for', async () => {
  const text = '\ufeffid,姓名,金额,\r\n007,"张""三\r\n丰",12.50,x\r\n\r\n008,李四,,y\r\n';
  for (const _repeated of [1, 2])
    assert.deepEqual(await parse(text, { numbers: ['金额'] }), [
      { id: '007', 姓名: '张"三\r\n丰', 金额: 12.5, column_4: 'x' },
      { id: '008', 姓名: '李四', 金额: null, column_4: 'y' },
    ]);
});

test('reads GBK, other separators, names of its own and rows without names', async () => {
  const bytes = iconv.encode('制表 日期 2026-06-01\n张三;慭\n李四\n', 'gb18030');
  const config = { charset: 'GBK', delimiter: ';', header: 'names', columns: ['name', 'note'], skipLines: 1, ragged: 'fill' };
  assert.deepEqual(await parse(bytes, config), [
    { name: '张三', note: '慭' },
    { name: '李四', note: null },
  ]);
  assert.deepEqual(await parse(' a | "b\n', { delimiter: '|', quote: '', trim: true, header: 'none' }), [['a', '"b']]);
  assert.deepEqual(await parse('', {}), []);
  const { data } = await messageOf(csvParse, { message: createMessage(iconv.encode('a\n张', 'gbk'), { charset: 'GBK' }) });
  assert.deepEqual(data, [{ a: '张' }]);
});

test('what is wrong in a file is refused with its row, never with its content', async () => {
  assert.deepEqual(await refusalOf(parse('a,b\n1,2\n3\n')), ['TABLE_RAGGED', { row: 3, found: 1, expected: 2 }]);
  for (const ragged of ['fill', 'refuse'])
    assert.deepEqual(await refusalOf(parse('a,b\n1,2,3\n', { ragged })), [
      ...['TABLE_RAGGED', { problem: 'more', row: 2, found: 3, expected: 2 }],
    ]);
  assert.deepEqual(await refusalOf(parse('a,b,a\n')), ['TABLE_COLUMNS', { name: 'a' }]);
  assert.deepEqual(await refusalOf(parse('__proto__\n1\n')), ['TABLE_COLUMNS', { name: '__proto__' }]);
  assert.equal((await refusalOf(parse('a,b\n"1,2\n3,4\n')))[0], 'TABLE_QUOTES');
  assert.equal((await refusalOf(parse('a,b\n1"2,3\n')))[0], 'TABLE_QUOTES');
  for (const text of ['x', '1,5', '0x10', '12345678901234567890', '1e999'])
    assert.deepEqual(await refusalOf(parse(`n\n"${text}"\n`, { numbers: ['n'] })), ['TABLE_NUMBER', { name: 'n', row: 2 }], text);
  assert.equal((await refusalOf(parse(Buffer.from([0x61, 0x0a, 0xff, 0x0a]))))[0], 'CHARSET_INVALID_BYTES');
  assert.equal((await refusalOf(parse({ rows: [] })))[0], 'TABLE_SOURCE');
});

test('limits of rows, columns, cells and the result are errors, never a part of the table', async () => {
  assert.deepEqual(await refusalOf(parse('a\n1\n2\n3\n', { maxRows: 2 })), ['TABLE_TOO_MANY_ROWS', { limit: 2 }]);
  assert.equal((await refusalOf(parse('a,b,c\n', { maxColumns: 2 })))[0], 'TABLE_TOO_MANY_COLUMNS');
  assert.equal((await refusalOf(parse(`a\n${'x'.repeat(101)}\n`, { maxCellBytes: 100 })))[0], 'TABLE_CELL_TOO_LARGE');
  assert.equal((await refusalOf(parse(`a\n"${'x\n'.repeat(300_000)}`, { maxCellBytes: 100 })))[0], 'TABLE_CELL_TOO_LARGE');
  assert.equal((await refusalOf(parse('a\n'.repeat(1000), { maxResultBytes: 1024 })))[0], 'TABLE_TOO_LARGE');
});

test('10 MB are read in a thread, while this one goes on', async () => {
  const text = `id,name,text\n${LARGE_LIST.map(({ id, name, text: more }) => `${id},${name},${more}\n`).join('')}`;
  const outcome = await whileOthersGoOn(csvParse, { data: text, config: { maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  const rows = outcome.emit!['ok']![0]!.data as readonly unknown[];
  assert.deepEqual([rows.length, rows.at(-1)], [100_000, { id: '99999', name: '张三', text: 'x'.repeat(60) }]);
});

test('a large file streams through a thread in bounded memory', { timeout: 120_000 }, async () => {
  const { blobs, heldBytes } = streamedBlob((number) => (number === 0 ? 'id,name\n' : `${number},张三\n`), 500_001);
  const config = { source: { path: 'data.file' }, result: 'blob', maxResultBytes: 100_000_000 };
  const { data } = await messageOf(csvParse, { data: { file: { blobId: 'blob_source', sizeBytes: 6_000_000 } }, config, blobs });
  assert.equal((data as { rows: number }).rows, 500_000);
  assert.ok(heldBytes() < 4 * 1024 * 1024, `${heldBytes()} bytes were read ahead`);
});

test('a cancel ends it', async () => {
  await endsOnCancel(csvParse, { data: 'a,b\n'.repeat(200_000) });
});

test('a blob that is gone is named as such', async () => {
  await assert.rejects(messageOf(csvParse, { data: { blobId: 'blob_gone' }, blobs: memoryBlobs() }), {
    code: 'BLOB_UNKNOWN',
    kind: 'input',
  });
});

test('reads what `csv.serialise` writes', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '张', '"', ',', '\n', '\r\n', ' ', '=', "'") });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ a: cell, b: cell }, { noNullPrototype: true }), { minLength: 1 }),
      fc.constantFrom(',', ';', '\t'),
      async (rows, delimiter) => {
        const text = await dataOf(csvSerialise, rows, { delimiter });
        assert.deepEqual(await parse(text, { delimiter }), rows);
      },
    ),
    { numRuns: 300 },
  );
});
