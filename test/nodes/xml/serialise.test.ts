import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { runNode } from '../../../engine/testing/run-node.ts';
import xmlSerialise from '../../../nodes/xml/serialise.node.ts';
import { parseXml } from '../../../nodes/shared/xml/parse-xml.ts';
import { serialiseXml } from '../../../nodes/shared/xml/serialise-xml.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'writes attributes, text, repetition and escapes',
  refusal: 'refuses what XML cannot carry, with its path',
  cancel: '10 MB are written while others go on, a cancel ends it, and errors are told as usual',
  '10 MB': '10 MB are written while others go on, a cancel ends it, and errors are told as usual',
});

test('writes attributes, text, repetition and escapes', async () => {
  const data = {
    'a:r': { '@xmlns:a': 'urn:a', '@q': '"<\n', n: [1, true, null], t: { '@x': 'y', '#text': 'a&b<c>]]>' }, skip: undefined, e: '' },
  };
  assert.equal(
    await write(data, { declaration: false }),
    '<a:r xmlns:a="urn:a" q="&quot;&lt;&#10;"><n>1</n><n>true</n><n/><t x="y">a&amp;b&lt;c&gt;]]&gt;</t><e/></a:r>',
  );
});

test('what it writes is read back the same', () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/.test(value) && value.trim() !== '');
  const name = fc.constantFrom('a', '姓名', 'x-1', 'p:q', '就诊号');
  const { element } = fc.letrec((tie) => ({
    element: fc.oneof({ maxDepth: 4 }, text, fc.dictionary(name, tie('element'), { minKeys: 1, noNullPrototype: true })),
  }));
  fc.assert(
    fc.property(element, (value) => {
      assert.deepEqual(parseXml(serialiseXml({ r: value }, { maxDepth: 50 })), { r: value });
    }),
    { numRuns: 300 },
  );
});

test('writes GBK bytes with their declaration', async () => {
  const bytes = await write({ 姓名: '张三' }, { charset: 'GBK' });
  assert.ok(bytes instanceof Uint8Array);
  assert.equal(iconv.decode(Buffer.from(bytes), 'gbk'), '<?xml version="1.0" encoding="GBK"?><姓名>张三</姓名>');
  await assert.rejects(write({ 姓名: '𠮷' }, { charset: 'GBK' }), { code: 'CHARSET_UNENCODABLE', kind: 'input' });
});

test('refuses what XML cannot carry, with its path', async () => {
  const cases: readonly [unknown, RegExp][] = [
    [{ a: 1, b: 2 }, /exactly one root/],
    [[1], /exactly one root/],
    [{ r: [1, 2] }, /cannot repeat/],
    [{ r: { 'bad name': 1 } }, /"r\.bad name"/],
    [{ r: { 'x><y': 1 } }, /not a name/],
    [{ r: { '@a b': 1 } }, /not a name/],
    [{ r: { t: 'a\u0000' } }, /"r\.t"/],
    [{ r: { '#text': {} } }, /neither text/],
  ];
  for (const [data, message] of cases) await assert.rejects(write(data), { code: 'XML_FORM', message });
});

test('10 MB are written while others go on, a cancel ends it, and errors are told as usual', async () => {
  const data = {
    r: { i: Array.from({ length: 100_000 }, (_, index) => ({ '@n': String(index), a: '长'.repeat(10), b: 'x'.repeat(60) })) },
  };
  const outcome = await whileOthersGoOn(xmlSerialise, { data });
  assert.ok('emit' in outcome);
  assert.equal(outcome.emit!.ok![0]!.data, serialiseXml(data, { charset: 'UTF-8', maxDepth: 1000 }));
  await endsOnCancel(xmlSerialise, { data });
  await assert.rejects(write({ ...data, two: 1 }), { code: 'XML_FORM', message: /exactly one root/ });
});

async function write(data: unknown, config: Record<string, unknown> = {}): Promise<unknown> {
  const outcome = await runNode(xmlSerialise, { config, data });
  assert.ok('emit' in outcome);
  return outcome.emit!.ok![0]!.data;
}
