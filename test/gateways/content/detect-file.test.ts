import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import { detectFile, type Detected } from '../../../gateways/content/detect-file.ts';
import { FILES, makeZip } from '../support/sample-files.ts';

const detect = (...parts: readonly (Buffer | string)[]): Promise<Detected> =>
  Promise.resolve(detectFile(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))));

test('tells each type by its content', async () => {
  for (const [name, content] of Object.entries(FILES)) {
    const expected = name === 'csv' || name === 'txt' ? 'text' : name;
    assert.deepEqual(await detect(content), { kind: expected }, name);
  }
});

test('knows texts in UTF-8 and GBK, and no text with control characters or broken encoding', async () => {
  assert.equal((await detect(iconv.encode('姓名,年龄\r\n张三,40\r\n', 'gbk'))).kind, 'text');
  assert.equal((await detect(iconv.encode('㐀𠀀 四字节', 'gb18030'))).kind, 'text');
  assert.equal((await detect('')).kind, 'text');
  for (const broken of ['a\0b', 'a\x1bb', 'caf\xe9', 'x\x80', 'a\xff\xffb', '\x81\x30\x81'])
    assert.equal((await detect(broken)).kind, undefined, broken);
});

test('a page, a picture of markup and a script stay what they are behind blanks, comments and instructions', async () => {
  const long = `<!-- ${'x'.repeat(10_000)} -->`;
  assert.equal((await detect('\xef\xbb\xbf \n', long, '<HTML>')).kind, 'html');
  assert.equal((await detect('<?xml version="1.0"?><!DOCTYPE svg>', '<s/>')).kind, 'svg');
  assert.equal((await detect(long, '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>')).kind, 'svg');
  assert.equal((await detect('<?php echo 1;')).kind, 'script');
  assert.equal((await detect('<%@ page %>')).kind, 'script');
  assert.equal((await detect('<!-- never ends')).kind, 'text');
});

test('a file that is of a second type too is found', async () => {
  const twice: readonly (readonly [Buffer | string, ...(Buffer | string)[]])[] = [
    [FILES.png, FILES.jar],
    [FILES.jpeg, makeZip(['a.txt'], 'a comment')],
    [FILES.pdf, FILES.zip],
    [FILES.pdf, FILES.zip, 'more bytes behind'],
    [FILES.gif, '<script>alert(1)</script>'],
    [FILES.jpeg, '<?php system($_GET[1]) ?>', Buffer.alloc(200_000)],
    [FILES.jpeg, Buffer.alloc(200_000), '<SCRIPT src=x>'],
    ['%PDF-1.7 <html><script>', FILES.pdf],
    ['<html>', FILES.dicom.subarray(6)],
  ];
  for (const parts of twice) assert.equal((await detect(...parts)).fault, 'two-types');
  assert.equal((await detect('MZ', FILES.dicom.subarray(2))).kind, 'exe', 'a program in the preamble of DICOM');
});

test('two letters at its start make no picture', async () => {
  assert.equal((await detect('BM\x00\x01', Buffer.alloc(100))).kind, undefined);
  assert.equal((await detect('GIF\x00', Buffer.alloc(100))).kind, undefined);
});

test('office documents differ from archives, and those with macros from those without', async () => {
  assert.equal((await detect(makeZip(['[Content_Types].xml', 'xl/workbook.xml', 'xl/vbaProject.bin']))).kind, 'xlsm');
  assert.equal((await detect(makeZip(['xl/workbook.xml', 'xl/sheet.xml', '[Content_Types].xml']))).kind, 'xlsx');
  assert.equal((await detect(makeZip(['xl/workbook.xml']))).kind, 'zip');
  assert.equal((await detect(makeZip(['[Content_Types].xml', 'xl/workbook.xml', 'word/document.xml']))).kind, 'zip');
  assert.equal((await detect(makeZip([]))).kind, 'zip');
});

test('an archive that two readers would read differently, or that leads out of its folder, is found', async () => {
  const different = makeZip([{ name: 'a.txt', localName: 'b.txt' }]);
  const cut = FILES.zip.subarray(0, -5);
  for (const archive of [different, cut, Buffer.concat([FILES.zip, Buffer.from('x')]), Buffer.concat([FILES.docx, FILES.zip])])
    assert.deepEqual(await detect(archive), { kind: 'zip', fault: 'archive' });
  for (const name of ['../../etc/passwd', 'a/../../b', '..\\b', '/etc/x', 'C:\\x', 'x/run.EXE', 'x.php.txt'])
    assert.equal((await detect(makeZip(['a.txt', name]))).fault, 'members', name);
  assert.deepEqual(await detect(makeZip([{ name: iconv.encode('报告/誠..txt', 'gbk') }])), { kind: 'zip' });
});

test('hostile content ends with a verdict', async () => {
  const nested = Buffer.concat(Array.from({ length: 5_000 }, () => Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1')));
  const chunks = Buffer.concat([FILES.png.subarray(0, 33), Buffer.alloc(1_000_000)]);
  const ends = Buffer.concat([FILES.png, Buffer.from('PK\x05\x06'.repeat(20_000), 'latin1')]);
  for (const content of [nested, chunks, ends, Buffer.from('\xef\xbb\xbf'.repeat(2_000), 'latin1')])
    assert.ok('kind' in (await detect(content)));
});
