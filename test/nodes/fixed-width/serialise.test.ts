import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import fixedWidthSerialise from '../../../nodes/fixed-width/serialise.node.ts';
import { endsOnCancel, LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { dataOf, messageOf, refusalOf, streamedBlob } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'fills fields on the side that they say, by bytes or characters',
  refusal: 'a value that does not fit is refused, never cut',
  slow: 'a large blob of rows streams through a thread in bounded memory',
  duplicate: 'fills fields on the side that they say, by bytes or characters',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are written in a thread, while this one goes on',
});

const FIELDS = [
  { name: 'id', width: 6, align: 'right', pad: '0' },
  { name: 'name', width: 8, align: 'left', pad: ' ' },
];
const write = (data: unknown, config: Record<string, unknown> = {}) => dataOf(fixedWidthSerialise, data, { fields: FIELDS, ...config });

test('fills fields on the side that they say, by bytes or characters', async () => {
  const rows = [{ id: 7, name: '张三' }, { name: null }, ['8', 'x']];
  const gbk = iconv.encode('000007张三    \r\n000000        \r\n000008x       \r\n', 'gbk');
  for (const _repeated of [1, 2]) assert.deepEqual(await write(rows, { charset: 'GBK', result: 'bytes' }), gbk);
  assert.equal(await write(rows.slice(0, 1), { charset: 'GBK' }), '000007张三    \r\n');
  assert.equal(await write(rows.slice(0, 1), { unit: 'characters', lineBreak: 'lf' }), '000007张三      \n');
});

test('a value that does not fit is refused, never cut', async () => {
  assert.deepEqual(await refusalOf(write([{ id: 1 }, { id: 2, name: '张三李四王' }], { charset: 'GBK' })), [
    'TABLE_TOO_WIDE',
    { name: 'name', row: 2, limit: 8 },
  ]);
  assert.deepEqual(await refusalOf(write([{ id: '1\n2' }])), ['TABLE_CELL', { name: 'id', row: 1 }]);
  assert.deepEqual(await refusalOf(write([7])), ['TABLE_ROW', { row: 1 }]);
  assert.equal((await refusalOf(write({})))[0], 'TABLE_SOURCE');
});

test('10 MB are written in a thread, while this one goes on', async () => {
  const fields = [{ name: 'text', width: 100 }];
  const outcome = await whileOthersGoOn(fixedWidthSerialise, { data: LARGE_LIST, config: { fields, maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as string).length, 102 * 100_000);
});

test('a large blob of rows streams through a thread in bounded memory', { timeout: 120_000 }, async () => {
  const { blobs, heldBytes } = streamedBlob((number) => `{"id":${number},"name":"abc"}\n`, 300_000);
  const config = { fields: FIELDS, result: 'blob', maxResultBytes: 100_000_000 };
  const { data } = await messageOf(fixedWidthSerialise, { data: { blobId: 'blob_source', sizeBytes: 8_000_000 }, config, blobs });
  assert.equal((data as { rows: number }).rows, 300_000);
  // What is read becomes about half as many bytes.
  assert.ok(heldBytes() < 8 * 1024 * 1024, `${heldBytes()} bytes were read ahead`);
});

test('a cancel ends it', async () => {
  await endsOnCancel(fixedWidthSerialise, { data: LARGE_LIST, config: { fields: FIELDS } });
});
