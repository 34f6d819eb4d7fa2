import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import csvSerialise from '../../../nodes/csv/serialise.node.ts';
import { endsOnCancel, LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { dataOf, messageOf, refusalOf, streamedBlob } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'writes objects and arrays, with quotes only where they are needed',
  refusal: 'a row that cannot be written is refused with its number',
  slow: 'a large blob of rows streams through a thread in bounded memory',
  duplicate: 'writes objects and arrays, with quotes only where they are needed',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are written in a thread, while this one goes on',
});

const write = (data: unknown, config: Record<string, unknown> = {}) => dataOf(csvSerialise, data, config);

test('writes objects and arrays, with quotes only where they are needed', async () => {
  const rows = [
    { id: '007', name: '张"三', note: 'a,b\nc', paid: true, sum: 12.5, none: null },
    { id: '008', extra: 'x' },
  ];
  const text = 'id,name,note,paid,sum,none\r\n007,"张""三","a,b\nc",true,12.5,\r\n008,,,,,\r\n';
  for (const _repeated of [1, 2]) assert.equal(await write(rows), text);
  assert.equal(await write(rows, { columns: ['name', 'id'], header: false, delimiter: ';', lineBreak: 'lf' }), '"张""三";007\n;008\n');
  assert.equal(await write([['a', 1]], { quoteAll: true }), '"a","1"\r\n');
  assert.equal(await write([], { columns: ['a', 'b'] }), 'a,b\r\n');
  assert.equal(await write([]), '');
});

test('bytes have their charset and, for Excel, a byte order mark', async () => {
  const gbk = await messageOf(csvSerialise, { data: [{ a: '张' }], config: { result: 'bytes', charset: 'GBK', bom: true } });
  assert.deepEqual([gbk.data, gbk.charset, gbk.mediaType], [iconv.encode('a\r\n张\r\n', 'gbk'), 'GBK', 'text/csv']);
  assert.deepEqual(await write([{ a: '张' }], { result: 'bytes', bom: true }), Buffer.from('\ufeffa\r\n张\r\n'));
  assert.equal((await refusalOf(write([{ a: '😀' }], { result: 'bytes', charset: 'GBK' })))[0], 'CHARSET_UNENCODABLE');
});

test('on request, Excel takes no text for a formula', async () => {
  const rows = [{ a: '=HYPERLINK("http://x")', b: '+1', c: '-2', d: '@x', e: '1=1' }];
  assert.equal(await write(rows, { neutralise: true, header: false }), `"'=HYPERLINK(""http://x"")",'+1,'-2,'@x,1=1\r\n`);
  assert.equal(await write(rows, { header: false, columns: ['b'] }), '+1\r\n');
});

test('a row that cannot be written is refused with its number', async () => {
  assert.deepEqual(await refusalOf(write([{ a: 1 }, { a: { b: 2 } }])), ['TABLE_ROW', { row: 2 }]);
  assert.deepEqual(await refusalOf(write([{ a: 1 }, 'x'])), ['TABLE_ROW', { row: 2 }]);
  assert.equal((await refusalOf(write({ rows: [] })))[0], 'TABLE_SOURCE');
  assert.equal((await refusalOf(write([{ a: 'x'.repeat(2000) }], { maxResultBytes: 1024 })))[0], 'TABLE_TOO_LARGE');
  const { blobs } = streamedBlob((number) => (number === 1 ? 'no json\n' : '{"a":1}\n'), 3);
  assert.deepEqual(await refusalOf(messageOf(csvSerialise, { data: { blobId: 'blob_source' }, blobs })), [
    'TABLE_ROWS',
    { problem: 'line', line: 2 },
  ]);
});

test('10 MB are written in a thread, while this one goes on', async () => {
  const outcome = await whileOthersGoOn(csvSerialise, { data: LARGE_LIST, config: { maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  const text = outcome.emit!['ok']![0]!.data as string;
  assert.ok(text.startsWith('id,name,text\r\n0,张三,x'));
  assert.equal(text.split('\r\n').length, 100_002);
});

test('a large blob of rows streams through a thread in bounded memory', { timeout: 120_000 }, async () => {
  const { blobs, heldBytes } = streamedBlob((number) => `{"id":${number},"name":"张三"}\n`, 300_000);
  const config = { result: 'blob', charset: 'GBK', maxResultBytes: 100_000_000 };
  const { data } = await messageOf(csvSerialise, { data: { blobId: 'blob_source', sizeBytes: 8_000_000 }, config, blobs });
  assert.equal((data as { rows: number }).rows, 300_000);
  // What is read becomes less than half as many bytes.
  assert.ok(heldBytes() < 8 * 1024 * 1024, `${heldBytes()} bytes were read ahead`);
});

test('a cancel ends it', async () => {
  await endsOnCancel(csvSerialise, { data: LARGE_LIST });
});
