import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import xlsxParse from '../../../nodes/xlsx/parse.node.ts';
import xlsxSerialise from '../../../nodes/xlsx/serialise.node.ts';
import { endsOnCancel, LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { dataOf, messageOf, refusalOf } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';
import { prepareOpenpyxl, writtenByOpenpyxl } from './openpyxl.ts';

showsContract(import.meta.url, {
  happy: 'reads the types of a workbook of another program, with dates as ISO and formulas as nothing but results',
  refusal: 'what is no workbook, or unfolds to too much, is refused',
  slow: '10 MB are read in a thread, while this one goes on',
  duplicate: 'reads sheets by name, with the limits of the node',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are read in a thread, while this one goes on',
});

const skip = prepareOpenpyxl() ?? false;
const parse = (data: unknown, config: Record<string, unknown> = {}) => dataOf(xlsxParse, data, config);

async function zipOf(parts: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content), path);
  zip.end();
  return buffer(zip.outputStream as unknown as Readable);
}

/** A workbook whose one sheet has these rows, as XML. */
const workbook = (rows: string, more: Readonly<Record<string, string>> = {}) =>
  zipOf({
    'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
    ...more,
  });

test('reads the types of a workbook of another program, with dates as ISO and formulas as nothing but results', { skip }, async () => {
  const bytes = writtenByOpenpyxl(`
sheet.append(['编号', '姓名', '日期', '时刻', '时间', '金额', '已付', '公式', '备注'])
sheet.append(['007', '张<三>&"丰"', datetime.date(2026, 6, 1), datetime.datetime(2026, 6, 1, 8, 30), datetime.time(8, 30), 12.5, True, '=1+1', None])
sheet.append([])
sheet.append(['008', '李四', datetime.date(1900, 3, 1), None, None, 7, False, None, '末'])
sheet['F2'].number_format = '#,##0.00 "元" [Red]'
sheet['C2'].number_format = 'yyyy"年"m"月"d"日"'
`);
  assert.deepEqual(await parse(bytes), [
    {
      编号: '007',
      姓名: '张<三>&"丰"',
      日期: '2026-06-01',
      时刻: '2026-06-01T08:30:00',
      时间: '08:30:00',
      金额: 12.5,
      已付: true,
      公式: null,
      备注: null,
    },
    { 编号: '008', 姓名: '李四', 日期: '1900-03-01', 时刻: null, 时间: null, 金额: 7, 已付: false, 公式: null, 备注: '末' },
  ]);
});

test('reads sheets by name, with the limits of the node', { skip }, async () => {
  const bytes = writtenByOpenpyxl(`
sheet.append(['x'])
other = workbook.create_sheet('对账明细')
other.append(['对账明细表'])
other.append(['id', 'n'])
other.append(['1', '2.5'])
other.append(['2', '3'])
`);
  const config = { sheet: '对账明细', skipRows: 1, numbers: ['n'] };
  for (const _repeated of [1, 2])
    assert.deepEqual(await parse(bytes, config), [
      { id: '1', n: 2.5 },
      { id: '2', n: 3 },
    ]);
  const blobs = memoryBlobs();
  const ref = await blobs.put(
    (async function* () {
      yield bytes;
    })(),
    { limitBytes: 1_000_000 },
  );
  const { data } = await messageOf(xlsxParse, {
    data: { attachments: [ref] },
    config: { ...config, source: { path: 'data.attachments[0]' }, result: 'blob' },
    blobs,
  });
  const { blobId, rows } = data as { blobId: string; rows: number };
  assert.equal(rows, 2);
  assert.equal((await buffer(blobs.get(blobId))).toString('utf8'), '{"id":"1","n":2.5}\n{"id":"2","n":3}\n');
  assert.deepEqual(await refusalOf(parse(bytes, { sheet: '没有' })), ['XLSX_SHEET', { name: '没有' }]);
  assert.equal((await refusalOf(parse(bytes, { ...config, maxRows: 1 })))[0], 'TABLE_TOO_MANY_ROWS');
  assert.equal((await refusalOf(parse(bytes, { ...config, maxColumns: 1 })))[0], 'TABLE_TOO_MANY_COLUMNS');
  assert.equal((await refusalOf(parse(bytes, { ...config, maxCellBytes: 2 })))[0], 'TABLE_CELL_TOO_LARGE');
});

test('reads texts of all forms: shared ones with their parts and without phonetic hints, inline ones, and cells without a place', async () => {
  const shared = '<sst><si><t>张</t></si><si><r><t>李</t></r><r><t>四</t></r><rPh><t>lisi</t></rPh></si></sst>';
  const rows =
    '<row r="3"><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>' +
    '<row><c t="inlineStr"><is><t>a &amp; b</t></is></c><c r="C4" t="e"><v>#N/A</v></c></row>' +
    '<row><c t="str"><f>X</f><v>y</v></c><c><v>1E2</v></c><c t="s"><v>99</v></c></row>';
  const bytes = await workbook(rows, { 'xl/sharedStrings.xml': shared });
  assert.deepEqual(await parse(bytes, { header: 'none' }), [
    ['张', '李四'],
    ['a & b', null, '#N/A'],
    ['y', 100, null],
  ]);
});

test('what is no workbook, or unfolds to too much, is refused', { timeout: 120_000 }, async () => {
  const codeOf = async (data: unknown, config = {}) => (await refusalOf(parse(data, config)))[0];
  assert.equal(await codeOf('text'), 'XLSX_INVALID');
  assert.equal(await codeOf(Buffer.from('PK\u0003\u0004 and so on')), 'XLSX_INVALID');
  assert.equal(await codeOf(await zipOf({ 'a.txt': 'a' })), 'XLSX_INVALID');
  assert.equal(await codeOf(await workbook('<row><c><v>1</row>')), 'XLSX_INVALID');
  const laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet><row><c t="str"><v>&b;</v></c></row></worksheet>';
  assert.equal(await codeOf(await workbook('', { 'xl/worksheets/sheet1.xml': laughs })), 'XLSX_INVALID');
  // 200 MB of blanks in a file of 200 KB.
  const bomb = await workbook('', { 'xl/sharedStrings.xml': `<sst>${' '.repeat(200 * 1024 * 1024)}</sst>` });
  assert.ok(bomb.length < 1024 * 1024);
  assert.equal(await codeOf(bomb), 'XLSX_TOO_LARGE');
  assert.equal(await codeOf(await workbook('<row><c r="XFD1"><v>1</v></c></row>')), 'TABLE_TOO_MANY_COLUMNS');
  assert.equal(await codeOf({}), 'TABLE_SOURCE');
});

test('a large text that many cells share is read up to the limits, and never stops the next tables', { timeout: 120_000 }, async () => {
  const cells = (rows: number) => '<row><c t="s"><v>0</v></c></row>'.repeat(rows);
  const sharing = (rows: number, characters: number) =>
    workbook(cells(rows), { 'xl/sharedStrings.xml': `<sst><si><t>${'病'.repeat(characters)}</t></si></sst>` });
  const list = (await parse(await sharing(3000, 500), { header: 'none' })) as readonly (readonly string[])[];
  assert.deepEqual([list.length, new Set(list.map(([text]) => text!.length))], [3000, new Set([500])]);
  const tooLarge = await sharing(60, 100_000);
  // More often than there are threads.
  for (let time = 0; time < 4; time += 1) assert.equal((await refusalOf(parse(tooLarge)))[0], 'TABLE_TOO_LARGE');
  assert.deepEqual(await parse(await workbook('<row><c><v>1</v></c></row>'), { header: 'none' }), [[1]]);
});

test('10 MB are read in a thread, while this one goes on', { timeout: 120_000 }, async () => {
  const bytes = (await messageOf(xlsxSerialise, { data: LARGE_LIST, config: { result: 'bytes', maxResultBytes: 67_108_864 } })).data;
  const outcome = await whileOthersGoOn(xlsxParse, { data: bytes, config: { maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit!['ok']![0]!.data, LARGE_LIST);
});

test('a cancel ends it', async () => {
  await endsOnCancel(xlsxParse, { data: await workbook('<row><c><v>1</v></c></row>'.repeat(100_000)) });
});
