import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import xmlParse from '../../../nodes/xml/parse.node.ts';
import { endsOnCancel } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

showsContract(import.meta.url, {
  happy: 'turns elements, attributes and repetition into data, and leaves every value text',
  refusal: 'refuses what is not well-formed, too deep, or named to do harm',
  cancel: 'a cancel ends the wait for a large payload',
  '10 MB': 'parses 10 MB in a thread',
});

test('turns elements, attributes and repetition into data, and leaves every value text', async () => {
  const xml = `<?xml version="1.0"?><!-- c --><r id="007" ok='a"b'>
    <name> 张 三 </name><n>0010</n><n>2.50</n><empty/><t x="1">text</t><c><![CDATA[a < b && <c>&amp;]]></c><b>true</b></r>`;
  assert.deepEqual(await parse(xml), {
    r: {
      '@id': '007',
      '@ok': 'a"b',
      name: ' 张 三 ',
      n: ['0010', '2.50'],
      empty: '',
      t: { '@x': '1', '#text': 'text' },
      c: 'a < b && <c>&amp;',
      b: 'true',
    },
  });
});

test('decodes the five entities and character references once, and no others', async () => {
  assert.deepEqual(await parse('<r a="&lt;&#x9f98;">&amp;lt; &#24352; &quot;&apos;&gt;</r>'), {
    r: { '@a': '<龘', '#text': '&lt; 张 "\'>' },
  });
  for (const bad of ['&nbsp;', '&#0;', '&#xD800;', '&x;', '& ', '&lt']) await refused(`<r>${bad}</r>`, /XML_(ENTITY|INVALID)/);
});

test('arrays that the flow names are arrays even where they stand once', async () => {
  assert.deepEqual(await parse('<r><i><v>1</v></i></r>', { arrays: ['r.i', 'r.i.v'] }), { r: { i: [{ v: ['1'] }] } });
});

test('keeps prefixes or strips them', async () => {
  const xml = '<a:r xmlns:a="urn:a" xmlns="urn:d" a:x="1"><a:v>1</a:v><v>2</v></a:r>';
  assert.deepEqual(await parse(xml), { 'a:r': { '@xmlns:a': 'urn:a', '@xmlns': 'urn:d', '@a:x': '1', 'a:v': '1', v: '2' } });
  assert.deepEqual(await parse(xml, { namespaces: 'strip' }), { r: { '@x': '1', v: ['1', '2'] } });
});

test('refuses document types, however they are hidden, and expands nothing', async () => {
  await refused('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', /XML_DOCTYPE/);
  await refused('<!-- <r> --><!doctype r SYSTEM "http://evil.example/x"><r/>', /XML_DOCTYPE/);
  assert.deepEqual(await parse('<r><![CDATA[<!DOCTYPE html>]]></r>'), { r: '<!DOCTYPE html>' });
});

test('refuses what is not well-formed, too deep, or named to do harm', async () => {
  for (const bad of [
    '',
    'text',
    '<r>',
    '<r></q>',
    '<r><a></r></a>',
    '<r/><r/>',
    '<r a="1" a="2"/>',
    '<r a=1/>',
    '<r>&',
    '<r><!-- </r>',
    '<1/>',
  ]) {
    await refused(bad, /XML_(INVALID|ENTITY)/);
  }
  await refused('<r>'.repeat(101) + '</r>'.repeat(101), /XML_TOO_DEEP/);
  for (const name of ['__proto__', 'constructor', 'prototype'])
    await refused(`<r><${name}>1</${name}></r>`, /XML_NAME_REFUSED|XML_INVALID/);
  for (const name of ['__proto__', 'constructor']) await refused(`<r ${name}="1"/>`, /XML_NAME_REFUSED|XML_INVALID/);
  assert.equal(({} as Record<string, unknown>)['1'], undefined);
});

test('whatever bytes come, it answers data or an input error', async () => {
  const piece = fc.constantFrom(
    '<r>',
    '</r>',
    '<a b="',
    '"',
    '>',
    '<',
    '&',
    '&#',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?x',
    '?>',
    '/',
    '=',
    ' ',
    'x',
    '张',
    '\u0000',
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => `<r>${pieces.join('')}</r>`);
  const bytes = fc.oneof(text, fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'binary' }));
  await fc.assert(
    fc.asyncProperty(bytes, async (data) => {
      await parse(data).catch((error: { kind?: string }) => assert.equal(error.kind, 'input'));
    }),
    { numRuns: 500 },
  );
});

test('nesting, long names and many attributes take linear time', async () => {
  const [ms] = await cpuMsOf(async () => {
    await refused('<r>'.repeat(40_000), /XML_(INVALID|TOO_DEEP)/);
    await refused(`<r ${'a="1" '.repeat(20_000)}`, /XML_INVALID/);
    await refused(`<r>${'<!--'.repeat(30_000)}`, /XML_INVALID/);
    await refused(`<${'x'.repeat(100_000)}`, /XML_INVALID/);
    await refused(`<r>${'&'.repeat(100_000)}</r>`, /XML_(INVALID|ENTITY)/);
  });
  assert.ok(ms < 3000, `${ms} ms`);
});

test('an error never quotes the payload', async () => {
  await assert.rejects(parse('<姓名>张三丰</姓>'), (error: Error) => !/[张姓]/.test(error.message));
});

test('reads the charset from the message, then from the declaration', async () => {
  const gbk = iconv.encode('<?xml version="1.0" encoding="GBK"?><姓名>张三</姓名>', 'gbk');
  assert.deepEqual(await parse(gbk), { 姓名: '张三' });
  const undeclared = iconv.encode('<姓名>张三</姓名>', 'gbk');
  assert.deepEqual(await parse(undeclared, {}, 'GBK'), { 姓名: '张三' });
  await refused(undeclared, /CHARSET_INVALID_BYTES/);
});

test('parses 10 MB in a thread', async () => {
  const xml = `<r>${`<i n="1">${'长'.repeat(330)}</i>`.repeat(10_000)}</r>`;
  const parsed = (await parse(xml)) as { r: { i: unknown[] } };
  assert.equal(parsed.r.i.length, 10_000);
});

test('a cancel ends the wait for a large payload', () => endsOnCancel(xmlParse, { data: `<r>${'<i/>'.repeat(500_000)}</r>` }));

test('data that is parsed already is refused with advice', async () => {
  await refused({ a: 1 }, /XML_INPUT/);
});

async function refused(data: unknown, code: RegExp): Promise<void> {
  await assert.rejects(
    parse(data),
    (error: { code?: string; kind?: string }) => {
      assert.match(error.code ?? String(error), code);
      assert.equal(error.kind, 'input');
      return true;
    },
    String(data).slice(0, 80),
  );
}

async function parse(data: unknown, config: Record<string, unknown> = {}, charset?: string): Promise<unknown> {
  const outcome = await runNode(xmlParse, { config, message: createMessage(data, charset === undefined ? {} : { charset }) });
  assert.ok('emit' in outcome);
  return outcome.emit!.ok![0]!.data;
}
