import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import extract from '../../../nodes/xml/extract.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'takes single values, lists, attributes and results of functions, by prefixes of its own',
  refusal: 'a path that is wrong, and a required one that finds nothing, name their field',
  cancel: 'reads 10 MB while others go on, and a cancel ends it',
  '10 MB': 'reads 10 MB while others go on, and a cancel ends it',
});

const XML = `<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"><id root="2.16.156" extension="007"/>
  <name>张 三</name><tel value="1"/><tel value="2"/><sdtc:x> "'&lt;]]&gt; </sdtc:x></ClinicalDocument>`;

test('takes single values, lists, attributes and results of functions, by prefixes of its own', async () => {
  const fields = [
    { name: 'id', path: '/h:ClinicalDocument/h:id/@extension' },
    { name: '姓名', path: '//h:name' },
    { name: 'phones', path: '//h:tel/@value', many: true },
    { name: 'none', path: '//h:nothing' },
    { name: 'noList', path: '//h:nothing', many: true },
    { name: 'count', path: 'count(//h:tel)' },
    { name: 'isTwo', path: 'count(//h:tel) = 2 and //h:tel[1]/@value < //h:tel[2]/@value' },
    { name: 'text', path: 'concat("a\\"b", //h:name)'.replace('\\"', "'") },
    { name: 'odd', path: 'string(//s:x)' },
    { name: 'noNumber', path: 'number(//h:name)' },
  ];
  assert.deepEqual(await run({ fields, namespaces: { h: 'urn:hl7-org:v3', s: 'urn:hl7-org:sdtc' } }, XML), {
    id: '007',
    姓名: '张 三',
    phones: ['1', '2'],
    none: null,
    noList: [],
    count: 2,
    isTwo: true,
    text: "a'b张 三",
    odd: ' "\'<]]> ',
    noNumber: null,
  });
});

test('reads XML that is a text inside the message', async () => {
  const config = { fields: [{ name: 'a', path: '/r/a' }], source: { path: 'data.reply.body' } };
  assert.deepEqual(await run(config, { reply: { body: '<r><a>1</a></r>' } }), { a: '1' });
});

test('a path that is wrong, and a required one that finds nothing, name their field', async () => {
  const good = { name: 'good', path: '/r' };
  for (const path of ['((', '//x:unknown', '//[', '"]"/>', 'nonsense(1)', 'm:max(//n)', '$unknown'])
    assert.deepEqual(
      extract.check!({
        fields: [good, { name: 'bad', path }].map((field) => ({ many: false, required: false, ...field })),
        namespaces: { m: 'urn:other' },
      }).map((problem) => problem.path),
      ['/fields/1/path'],
      path,
    );
  const known = { ...good, path: "concat(local-name(.), m:max(//n), '$a f(')" };
  assert.deepEqual(
    extract.check!({ fields: [{ many: false, required: false, ...known }], namespaces: { m: 'http://exslt.org/math' } }),
    [],
  );
  for (const path of ['count(1)', "sum('a')"])
    await assert.rejects(run({ fields: [good, { name: 'bad', path }] }, '<r>张三</r>'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'XPATH_WRONG', path);
      return /field bad/.test(error.message) && !error.message.includes('张三');
    });
  const required = [good, { name: 'name', path: '//name', required: true }];
  await assert.rejects(run({ fields: required }, '<r>张三</r>'), { code: 'XPATH_NOTHING', message: /field name/ });
  await assert.rejects(run({ fields: [good] }, '<r><a></r>'), { code: 'XML_INVALID' });
  await assert.rejects(run({ fields: [good] }, '<!DOCTYPE r><r/>'), { code: 'XML_DOCTYPE' });
  await assert.rejects(run({ fields: [{ name: 'a', path: "document('/etc/hostname')" }] }, '<r/>'), { code: 'XPATH_WRONG' });
  await assert.rejects(run({ fields: [good, good] }, '<r/>'), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(run({ fields: [good], namespaces: { 'a b': 'urn:x' } }, '<r/>'), { code: 'NODE_CONFIG_WRONG' });
});

test('reads 10 MB while others go on, and a cancel ends it', async () => {
  const data = `<r>${`<i n="1">${'长'.repeat(330)}</i>`.repeat(10_000)}</r>`;
  const config = { fields: [{ name: 'ns', path: '/r/i/@n', many: true }] };
  const outcome = await whileOthersGoOn(extract, { config, data });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as { ns: unknown[] }).ns.length, 10_000);
  await endsOnCancel(extract, { config, data });
});

async function run(config: Record<string, unknown>, data: unknown): Promise<unknown> {
  const outcome = await runNode(extract, { config, data });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data;
}
