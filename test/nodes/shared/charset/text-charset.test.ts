import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { canonicalCharset, decodeText, encodeText } from '../../../../nodes/shared/charset/text-charset.ts';
import { decodeHl7, msh18OfCharset } from '../../../../nodes/shared/hl7/charset-names.ts';

const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

test('Chinese text with rare Han and the euro sign survives UTF-8 and GB18030', () => {
  for (const charset of ['UTF-8', 'GB18030']) {
    for (const text of ['协和医院 慭 龘 €', '𠮷野家', '\ufffd', 'a|b', ''])
      assert.equal(decodeText(encodeText(text, charset), charset), text);
  }
});

test('any well-formed text survives GB18030', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => decodeText(encodeText(text, 'GB18030'), 'GB18030') === text),
    { numRuns: 2000 },
  );
});

test('GBK is read as its superset and never written with what GBK has not', () => {
  assert.equal(decodeText(encodeText('𠮷', 'GB18030'), 'GBK'), '𠮷');
  assert.equal(decodeText(encodeText('张三 €', 'GBK'), 'GBK'), '张三 €');
  assert.throws(() => encodeText('𠮷', 'GBK'), isCode('CHARSET_UNENCODABLE'));
  assert.throws(() => encodeText('张', 'ISO-8859-1'), isCode('CHARSET_UNENCODABLE'));
  assert.throws(() => encodeText('\ud800', 'UTF-8'), isCode('CHARSET_UNENCODABLE'));
});

test('bytes that are not of the charset are refused', () => {
  for (const charset of ['UTF-8', 'GBK', 'GB18030', 'US-ASCII', 'Big5']) {
    assert.throws(() => decodeText(Buffer.of(0x41, 0xff, 0xff, 0x41), charset), isCode('CHARSET_INVALID_BYTES'), charset);
  }
  assert.throws(() => decodeText(Buffer.of(0x41, 0xd5), 'GB18030'), isCode('CHARSET_INVALID_BYTES'));
});

test('charsets are known by their usual spellings', () => {
  for (const [spelled, name] of Object.entries({
    utf8: 'UTF-8',
    'UTF-8': 'UTF-8',
    gb2312: 'GBK',
    gbk: 'GBK',
    'GB 18030': 'GB18030',
    'iso_8859-1': 'ISO-8859-1',
  })) {
    assert.equal(canonicalCharset(spelled), name);
  }
  assert.throws(() => canonicalCharset('EBCDIC'), isCode('CHARSET_UNKNOWN'));
});

const message = (msh18: string, facility = '协和') =>
  `MSH|^~\\&|HIS|${facility}|GW|平台|20261124||ADT^A01|1|P|2.4||||||${msh18}\rPID|1||7||张三\r`;

test('a message is decoded by its own MSH-18, else by the adapter', () => {
  for (const [msh18, charset, adapter] of [
    ['UNICODE UTF-8', 'UTF-8', 'GBK'],
    ['GB 18030-2000', 'GB18030', undefined],
    ['GBK', 'GBK', 'UTF-8'],
    ['', 'GB18030', 'GB18030'],
    ['', 'UTF-8', undefined],
    ['ASCII', 'GBK', 'GBK'],
    ['GB18030~UNICODE UTF-8', 'GB18030', undefined],
  ] as const) {
    const text = message(msh18);
    assert.deepEqual(decodeHl7(encodeText(text, charset), adapter), { text, charset });
  }
  assert.throws(() => decodeHl7(Buffer.from(message('ISO IR87')), 'UTF-8'), isCode('HL7_CHARSET_UNSUPPORTED'));
});

test('MSH-18 is found where a character ends in the byte of the field separator', () => {
  const withTrap = [...Array(0x7e).keys()].map((lead) => Buffer.of(0x81 + lead, 0x7c)).map((bytes) => decodeText(bytes, 'GB18030'));
  for (const facility of withTrap) {
    const text = message('GB 18030-2000', facility);
    assert.equal(decodeHl7(encodeText(text, 'GB18030'), 'UTF-8').text, text);
  }
});

test('each charset has a name for MSH-18', () => {
  assert.equal(msh18OfCharset('utf-8'), 'UNICODE UTF-8');
  assert.equal(msh18OfCharset('GB18030'), 'GB 18030-2000');
  assert.equal(msh18OfCharset('gbk'), 'GBK');
});
