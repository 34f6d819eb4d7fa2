import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import fixedWidthParse from '../../../nodes/fixed-width/parse.node.ts';
import fixedWidthSerialise from '../../../nodes/fixed-width/serialise.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { dataOf, messageOf, refusalOf, streamedBlob } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'cuts lines of GBK by their bytes, and takes the pad away',
  refusal: 'a line that is too long, or cut inside of a character, is refused',
  slow: 'a large file streams through a thread in bounded memory',
  duplicate: 'cuts lines of GBK by their bytes, and takes the pad away',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are read in a thread, while this one goes on',
});

const FIELDS = [
  { name: 'id', width: 6, align: 'right', pad: '0' },
  { name: 'name', width: 8, align: 'left', pad: ' ' },
];
const parse = (data: unknown, config: Record<string, unknown> = {}) => dataOf(fixedWidthParse, data, { fields: FIELDS, ...config });

test('cuts lines of GBK by their bytes, and takes the pad away', async () => {
  const bytes = iconv.encode('标题\r\n000007张三    \r\n\r\n000000李四王五\n00001', 'gbk');
  for (const _repeated of [1, 2])
    assert.deepEqual(await parse(bytes, { charset: 'GBK', skipLines: 1 }), [
      { id: '7', name: '张三' },
      { id: '0', name: '李四王五' },
      { id: '1', name: '' },
    ]);
  assert.deepEqual(await parse('\ufeff000007张三李四王五赵六\n', { unit: 'characters' }), [{ id: '7', name: '张三李四王五赵六' }]);
});

test('a line that is too long, or cut inside of a character, is refused', async () => {
  assert.deepEqual(await refusalOf(parse('x'.repeat(15))), [...['TABLE_RAGGED', { problem: 'bytes', row: 1, found: 15, expected: 14 }]]);
  assert.deepEqual(await refusalOf(parse('病'.repeat(15), { unit: 'characters' })), [
    ...['TABLE_RAGGED', { problem: 'characters', row: 1, found: 15, expected: 14 }],
  ]);
  assert.equal((await refusalOf(parse(iconv.encode('00000张三', 'gbk'), { charset: 'GBK' })))[0], 'CHARSET_INVALID_BYTES');
  assert.equal((await refusalOf(parse('x'.repeat(100_000))))[0], 'TABLE_CELL_TOO_LARGE');
  assert.equal((await refusalOf(parse('1\n2\n3\n', { maxRows: 2 })))[0], 'TABLE_TOO_MANY_ROWS');
  assert.equal((await refusalOf(parse(7)))[0], 'TABLE_SOURCE');
  const twice = { fields: [FIELDS[0]!, FIELDS[0]!] };
  await assert.rejects(parse('', twice), { code: 'NODE_CONFIG_WRONG' });
});

test('10 MB are read in a thread, while this one goes on', async () => {
  const text = '000007abcdefgh\n'.repeat(700_000);
  const outcome = await whileOthersGoOn(fixedWidthParse, { data: text, config: { fields: FIELDS, maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as readonly unknown[]).length, 700_000);
});

test('a large file streams through a thread in bounded memory', { timeout: 120_000 }, async () => {
  const { blobs, heldBytes } = streamedBlob((number) => `${String(number).padStart(6, '0')}abc\n`, 500_000);
  const config = { fields: FIELDS, result: 'blob', maxResultBytes: 100_000_000 };
  const { data } = await messageOf(fixedWidthParse, { data: { blobId: 'blob_source', sizeBytes: 5_000_000 }, config, blobs });
  assert.equal((data as { rows: number }).rows, 500_000);
  assert.ok(heldBytes() < 4 * 1024 * 1024, `${heldBytes()} bytes were read ahead`);
});

test('a cancel ends it', async () => {
  await endsOnCancel(fixedWidthParse, { data: '000007abcdefgh\n'.repeat(50_000), config: { fields: FIELDS } });
});

test('reads what `fixed-width.serialise` writes', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '张', '1'), maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ id: fc.nat(999_999).map(String), name: text }, { noNullPrototype: true }), { minLength: 1 }),
      async (rows) => {
        const bytes = await dataOf(fixedWidthSerialise, rows, { fields: FIELDS, charset: 'GBK', result: 'bytes' });
        assert.deepEqual(await parse(bytes, { charset: 'GBK' }), rows);
      },
    ),
    { numRuns: 200 },
  );
});
