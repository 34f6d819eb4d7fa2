import assert from 'node:assert/strict';
import { test } from 'node:test';
import xlsxParse from '../../../nodes/xlsx/parse.node.ts';
import xlsxSerialise from '../../../nodes/xlsx/serialise.node.ts';
import { endsOnCancel, LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { dataOf, messageOf, refusalOf, streamedBlob } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';
import { prepareOpenpyxl, readByOpenpyxl } from './openpyxl.ts';

showsContract(import.meta.url, {
  happy: 'another program reads the types as they were, and no text as a formula',
  refusal: 'what Excel cannot hold is refused',
  slow: 'a large blob of rows streams through a thread in bounded memory',
  duplicate: 'the same rows give the same bytes',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are written in a thread, while this one goes on',
});

const skip = prepareOpenpyxl() ?? false;
const write = async (data: unknown, config: Record<string, unknown> = {}) =>
  (await dataOf(xlsxSerialise, data, { result: 'bytes', ...config })) as Buffer;

test('another program reads the types as they were, and no text as a formula', { skip }, async () => {
  const rows = [
    { id: '007', name: '张<三> & "丰"\r\n 😀 ', n: 12.5, paid: true, none: null, formula: '=1+1' },
    { id: '008', n: -1e-7, paid: false },
  ];
  const sheets = readByOpenpyxl(await write(rows, { sheet: '对账 & 明细' }));
  assert.deepEqual(sheets, {
    '对账 & 明细': [
      ['id', 'name', 'n', 'paid', 'none', 'formula'],
      ['007', '张<三> & "丰"\r\n 😀 ', 12.5, true, null, '=1+1'],
      ['008', null, -1e-7, false, null, null],
    ],
  });
  const wide = Array.from({ length: 800 }, (_, index) => index);
  assert.deepEqual(readByOpenpyxl(await write([wide], { header: false })), { Sheet1: [wide] });
  assert.deepEqual(readByOpenpyxl(await write([], { columns: ['a', 'b'] })), { Sheet1: [['a', 'b']] });
  assert.deepEqual(await dataOf(xlsxParse, await write(rows)), [rows[0], { ...rows[1], name: null, none: null, formula: null }]);
});

test('the same rows give the same bytes', async () => {
  const message = await messageOf(xlsxSerialise, { data: [{ a: 1 }], config: { result: 'bytes' } });
  assert.deepEqual([message.mediaType, message.charset], ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', undefined]);
  assert.deepEqual(await write([{ a: 1 }]), message.data);
});

test('what Excel cannot hold is refused', async () => {
  assert.deepEqual(await refusalOf(write([{ a: 'x' }, { a: 'x\u0001' }])), ['TABLE_CELL', { name: 'a', row: 2 }]);
  assert.deepEqual(await refusalOf(write([{ a: 'x'.repeat(32_768) }])), ['TABLE_TOO_WIDE', { name: 'a', row: 1, limit: 32_767 }]);
  assert.deepEqual(await refusalOf(write([{ a: [] }])), ['TABLE_ROW', { row: 1 }]);
  assert.equal((await refusalOf(write('x')))[0], 'TABLE_SOURCE');
  await assert.rejects(write([], { sheet: 'a/b' }), { code: 'NODE_CONFIG_WRONG' });
});

test('10 MB are written in a thread, while this one goes on', async () => {
  const outcome = await whileOthersGoOn(xlsxSerialise, { data: LARGE_LIST, config: { result: 'bytes', maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  assert.ok((outcome.emit!['ok']![0]!.data as Buffer).length > 100_000);
});

test('a large blob of rows streams through a thread in bounded memory', { timeout: 120_000 }, async () => {
  // Noise, so that the result is not much smaller than the rows.
  const { blobs, heldBytes } = streamedBlob((number) => `{"id":"${Math.sin(number)}${Math.cos(number)}"}\n`, 200_000);
  const { data } = await messageOf(xlsxSerialise, {
    data: { blobId: 'blob_source', sizeBytes: 10_000_000 },
    config: { maxResultBytes: 100_000_000 },
    blobs,
  });
  assert.equal((data as { rows: number }).rows, 200_000);
  assert.ok(heldBytes() < 7 * 1024 * 1024, `${heldBytes()} bytes were read ahead`);
});

test('a cancel ends it', async () => {
  await endsOnCancel(xlsxSerialise, { data: LARGE_LIST });
});
