/** Files that people upload: alone, compressed, in archives, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offersOf, schemaOf, upload, wsdlOf, zipOf } from './describe.ts';

const IN = '<x:element name="in" type="x:string"/><x:element name="out" type="x:string"/>';
const baseUrl = 'http://service.invalid/s';
const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64');

test('an archive is read with its folders; a file is also found by its name or its namespace', async () => {
  const importing = (location: string) => wsdlOf(schemaOf(`<x:include schemaLocation="${location}"/>`));
  const archive = zipOf({
    'svc/main.wsdl': importing('../xsd/types.xsd'),
    'xsd/types.xsd': schemaOf(IN),
    '__MACOSX/._x.xsd': 'junk',
    'read.me.txt': 'no',
  });
  const stored = await offersOf({ baseUrl, wsdl: [{ name: 'all.zip', content: base64(archive) }] });
  assert.deepEqual(
    stored.map(({ name, problems }) => [name, problems]),
    [['op', undefined]],
  );
  // As browsers save what `?xsd=types.xsd` gives.
  const [byName] = await upload({ 'main.wsdl': importing('http://inner:8080/s?xsd=types.xsd'), 'types.xsd': schemaOf(IN) });
  assert.equal(byName?.problems, undefined);
  const byNamespace = wsdlOf('').replace(
    '<w:types>',
    `<w:types>${schemaOf('<x:import namespace="urn:t" schemaLocation="http://inner/1"/>', '')}`,
  );
  const [found] = await upload({ 'main.wsdl': byNamespace, 'saved (2).xsd': schemaOf(IN) });
  assert.equal(found?.problems, undefined);
});

test('one description in several WSDL files is one', async () => {
  const main = wsdlOf('', '<w:import namespace="urn:t" location="parts.wsdl"/>').replace(/<w:types>[^]*<\/w:portType>/, '');
  const parts = wsdlOf(schemaOf(IN)).replace(/<w:binding[^]*<\/w:service>/, '');
  const [offer, ...others] = await upload({ 'main.wsdl': main, 'parts.wsdl': parts });
  assert.deepEqual([offer?.name, offer?.config['action'], offer?.problems, others], ['op', 'urn:op', undefined, []]);
});

test('GBK and UTF-16 are read as declared', async () => {
  const { encodeText } = await import('../../../../nodes/shared/charset/text-charset.ts');
  const gbk = `<?xml version="1.0" encoding="GBK"?>${wsdlOf(schemaOf(IN)).replaceAll('"op"', '"挂号"')}`;
  assert.equal((await upload({ 'a.wsdl': encodeText(gbk, 'GBK') }))[0]?.name, '挂号');
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(gbk.replace('GBK', 'UTF-16'), 'utf16le')]);
  assert.equal((await upload({ 'a.wsdl': utf16 }))[0]?.name, '挂号');
});

test('each refusal names its reason and its place', async () => {
  const refused = async (files: Readonly<Record<string, string | Buffer>>, values: Readonly<Record<string, unknown>>) =>
    assert.rejects(upload(files), (error: { code: string; values: Readonly<Record<string, unknown>> }) => {
      assert.equal(error.code, 'WSDL_INVALID');
      assert.deepEqual({ ...error.values, ...values }, error.values);
      return true;
    });
  await refused({ 'a.wsdl': '<a>\n<b></a>' }, { problem: 'xml', file: 'a.wsdl', line: 2 });
  await refused({ 'a.wsdl': '<a>\n<y:b/></a>' }, { problem: 'prefix', name: 'y', line: 2 });
  await refused({ 'a.wsdl': '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>' }, { problem: 'doctype', line: 1 });
  const laughs = Array.from({ length: 20 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join('');
  await refused({ 'a.wsdl': `<!DOCTYPE a [${laughs}]><a>&l20;</a>` }, { problem: 'doctype' });
  await refused({ 'a.wsdl': '<a>&unknown;</a>' }, { problem: 'xml' });
  await refused({ 'a.wsdl': '<html/>' }, { problem: 'root', name: '{}html' });
  await refused({ 'a.wsdl': '<description xmlns="http://www.w3.org/ns/wsdl"/>' }, { problem: 'wsdl2' });
  await refused({ 'a.wsdl': Buffer.from('<?xml version="1.0"?><a b="\xff"/>', 'latin1') }, { problem: 'charset', charset: 'UTF-8' });
  await refused({ 'a.xsd': schemaOf(IN) }, { problem: 'empty' });
  await refused({ 'a.wsdl': '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>' }, { problem: 'none', file: 'a.wsdl' });
  await refused({ 'a.wsdl': wsdlOf(schemaOf('')) }, { problem: 'name', kind: 'element', name: '{urn:t}in', line: 3 });
  await refused({ 'a.wsdl': wsdlOf(schemaOf(IN)).replace('element="t:in"', 'element="q:in"') }, { problem: 'prefix', name: 'q', line: 3 });
  await refused(
    { 'a.wsdl': wsdlOf(schemaOf('<x:include schemaLocation="types.xsd"/>')) },
    { problem: 'absent', target: 'types.xsd', line: 2 },
  );
  await assert.rejects(offersOf({ baseUrl, wsdl: [{ name: 'x.zip', content: base64('PK\u0003\u0004no') }] }), { code: 'WSDL_INVALID' });
});

test('archives that unfold without end are refused', async () => {
  const bomb = zipOf({ 'a.xsd': Buffer.alloc(30_000_000, ' ') });
  await assert.rejects(offersOf({ baseUrl, wsdl: [{ name: 'x.zip', content: base64(bomb) }] }), {
    values: { problem: 'size', limit: 20_000_000 },
  });
  await assert.rejects(upload({ 'a.xsd': Buffer.alloc(30_000_000, ' ') }), { values: { problem: 'size', limit: 20_000_000 } });
});
