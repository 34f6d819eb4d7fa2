import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import transform from '../../../nodes/xml/transform.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'transforms by templates, with parameters that are data and never XPath',
  refusal: 'a stylesheet that fails names its line and never the message',
  cancel: 'transforms 10 MB while others go on, and a cancel ends it',
  '10 MB': 'transforms 10 MB while others go on, and a cancel ends it',
});

test('transforms by templates, with parameters that are data and never XPath', async () => {
  const stylesheet = sheet(`<xsl:output omit-xml-declaration="yes"/><xsl:param name="ward"/><xsl:param name="least" select="0"/>
    <xsl:template match="/"><o ward="{$ward}"><xsl:for-each select="r/p[@n &gt;= $least]"><xsl:sort select="@n" order="descending"/>
    <p><xsl:value-of select="."/></p></xsl:for-each></o></xsl:template>`);
  const config = {
    stylesheet,
    parameters: [
      { name: 'ward', value: { expression: '"\\"] | //* \'" & keys.ward' } },
      { name: 'least', value: { value: 2 } },
    ],
  };
  const message = { ...createMessage('<r><p n="1">甲</p><p n="2">乙</p><p n="3">丙</p></r>'), keys: { ward: 'W1' } };
  const outcome = await runNode(transform, { config, message });
  assert.ok('emit' in outcome);
  const [emitted] = outcome.emit!['ok']!;
  assert.equal(emitted!.data, '<o ward="&quot;] | //* \'W1"><p>丙</p><p>乙</p></o>\n');
  assert.equal(emitted!.mediaType, 'application/xml');
});

test('knows EXSLT, and writes HTML and text', async () => {
  const html = sheet(
    '<xsl:output method="html"/><xsl:template match="/"><p><xsl:value-of select="math:max(//n)"/><br/></p></xsl:template>',
  );
  assert.equal(await run(html, '<r><n>1</n><n>7</n></r>'), '<p>7<br></p>\n');
  const text = sheet('<xsl:output method="text"/><xsl:template match="/"><xsl:value-of select="str:padding(3, \'0\')"/>|张</xsl:template>');
  assert.equal(await run(text, '<r/>'), '000|张');
});

test('reads GBK, and writes it where the stylesheet says so', async () => {
  const stylesheet = sheet('<xsl:output encoding="GBK"/><xsl:template match="/"><姓名><xsl:value-of select="/r"/></姓名></xsl:template>');
  const data = iconv.encode('<?xml version="1.0" encoding="GBK"?><r>张三</r>', 'gbk');
  const written = (await run(stylesheet, new Uint8Array(data))) as Uint8Array;
  assert.equal(iconv.decode(Buffer.from(written), 'gbk'), '<?xml version="1.0" encoding="GBK"?>\n<姓名>张三</姓名>\n');
});

test('the bytes are always of the charset that the output declares', async () => {
  const body = '<xsl:template match="/"><html><head/><p><xsl:value-of select="/r"/></p></html></xsl:template>';
  for (const [encoding, name] of [
    ['GBK', 'gbk'],
    ['gb2312', 'gbk'],
    ['BIG5', 'big5'],
    ['GB18030', 'gb18030'],
  ] as const)
    for (const method of ['xml', 'html']) {
      const stylesheet = sheet(`<xsl:output method="${method}" encoding="${encoding}"/>${body}`);
      const written = (await run(stylesheet, '<r>中文</r>')) as Uint8Array;
      const text = iconv.decode(Buffer.from(written), name);
      assert.match(text, /<p>中文<\/p>/, `${method} ${encoding}`);
      assert.match(text, new RegExp(`(?:encoding|charset)="${encoding}"`));
    }
  const latin = await run(sheet(`<xsl:output encoding="ISO-8859-1"/>${body}`), '<r>é</r>');
  assert.match(Buffer.from(latin as Uint8Array).toString('latin1'), /<p>é<\/p>/);
  await assert.rejects(run(sheet(`<xsl:output encoding="ISO-8859-1"/>${body}`), '<r>张</r>'), { code: 'CHARSET_UNENCODABLE' });
  for (const encoding of ['UTF-16', 'nonsense'])
    await assert.rejects(run(sheet(`<xsl:output encoding="${encoding}"/>${body}`), '<r/>'), { code: 'NODE_CONFIG_WRONG' });
  const plain = sheet('<xsl:output method="text" encoding="GBK"/><xsl:template match="/"><xsl:value-of select="/r"/></xsl:template>');
  const outcome = await runNode(transform, { config: { stylesheet: plain, mediaType: 'text/plain' }, data: '<r>张三</r>' });
  assert.ok('emit' in outcome);
  const [emitted] = outcome.emit!['ok']!;
  assert.deepEqual([emitted!.data, emitted!.charset], ['张三', 'GBK']);
});

test('a stylesheet with a wrong expression, pattern, prefix or version is refused before it runs, with its line', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    [
      '<xsl:template match="/">\n<o><xsl:value-of select="foo(("/></o></xsl:template>',
      /^Line 2: select of value-of \(foo\(\(\): it is no valid XPath/,
    ],
    ['<xsl:template match="/["/>', /^Line 1: match of template/],
    ['<xsl:template match="a and b"/>', /pattern/],
    ['<xsl:template match="preceding::a"/>', /pattern/],
    ['<xsl:template match="/"><xsl:if test="//q:a = \'x:y\'"/></xsl:template>', /prefix "q" is not declared/],
    ['<xsl:template match="q:*"/>', /prefix "q" is not declared/],
    ['<xsl:template match="/">\n<o a="x{foo((}"/></xsl:template>', /^Line 2: a of o \(x\{foo\(\(\}\): it is no valid XPath/],
    ['<xsl:template match="/"><x:o xmlns:x="urn:x" x:a="{q:b}"/></xsl:template>', /x:a of x:o .*prefix "q" is not declared/],
    ['<xsl:template match="/"><o a="{1} }"/></xsl:template>', /a brace has no partner; write \{\{ or \}\}/],
    ['<xsl:template match="/"><o a="{concat(\'}\', 1)"/></xsl:template>', /a brace has no partner/],
    ['<xsl:variable name="v"><o a="{ }"/></xsl:variable>', /no expression between the braces/],
    ['<xsl:template match="/"><xsl:element name="{1 +}"/></xsl:template>', /name of element .*no valid XPath/],
    ['<xsl:template match="/"><xsl:for-each select="a"><xsl:sort order="{[}"/></xsl:for-each></xsl:template>', /order of sort/],
  ];
  for (const [templates, said] of wrong) {
    const [problem, ...others] = transform.check!({ ...CONFIG, stylesheet: sheet(templates) });
    assert.deepEqual([others, problem?.path], [[], '/stylesheet']);
    assert.match((problem as { message: { en: string } }).message.en, said);
  }
  const whole = (stylesheet: string) => JSON.stringify(transform.check!({ ...CONFIG, stylesheet }));
  assert.match(whole('<xsl:stylesheet>'), /Line 1: it is no well-formed XML/);
  assert.match(whole('<a/>'), /root element/);
  assert.match(whole('<!DOCTYPE a><a/>'), /document type/);
  for (const version of ['2.0', '3.0'])
    assert.match(
      JSON.stringify(transform.check!({ ...CONFIG, stylesheet: COPY.replace('version="1.0"', `version="${version}"`) })),
      new RegExp(`XSLT ${version} is not supported`),
    );
  const good = [
    "<xsl:template match=\"*[@a='[']|//a/@b|id('x')/c|key('k','v')|text()|processing-instruction('p')|/\"/>",
    '<xsl:template match="/"><x:b xmlns:x="urn:x"><xsl:value-of select="x:病人/姓名[last()] | 㐀 | math:max(//n)"/></x:b></xsl:template>',
    '<xsl:template match="/" priority="1."><xsl:value-of select="1. + .5 - - 2 div text ( )"/></xsl:template>',
    '<xsl:template match="/"><xsl:if test="concat (a, 1) and (b or (c mod (2)))"/></xsl:template>',
    '<xsl:template match="/"><o select="not an (expression"/></xsl:template>',
    '<xsl:template match="/"><o a="{{x}} {concat(\'}\', &quot;{&quot;)}{//p[@n]}" style="a {{b: c}}"/></xsl:template>',
    '<xsl:template match="/"><xsl:element name="p{count(//p)}"/><xsl:if test="a = \'{\'"/></xsl:template>',
    '<d:table xmlns:d="urn:data"><row code="{"/></d:table><xsl:template match="/"><exsl:x a="}"/></xsl:template>',
  ];
  for (const templates of good) assert.deepEqual(transform.check!({ ...CONFIG, stylesheet: sheet(templates) }), [], templates);
});

test('a variable that is not declared where it is used, and a function that nobody knows, are refused before it runs', () => {
  const problems = (templates: string, parameters: readonly { readonly name: string }[] = []) =>
    transform.check!({ ...CONFIG, stylesheet: sheet(templates), parameters } as never).map(({ message }) => (message as { en: string }).en);
  const wrong: readonly (readonly [string, string])[] = [
    [
      '<xsl:template match="/">\n<o a="{$undeclared}"/></xsl:template>',
      'Line 2: a of o ({$undeclared}): the variable $undeclared is not declared.',
    ],
    [
      '<xsl:template match="/">\n\n<xsl:value-of select="1 + $undeclared"/></xsl:template>',
      'Line 3: select of value-of (1 + $undeclared): the variable $undeclared is not declared.',
    ],
    [
      '<xsl:template match="/">\n<xsl:if test="nonsense (a)"/></xsl:template>',
      'Line 2: test of if (nonsense (a)): there is no function nonsense().',
    ],
    [
      '<xsl:template match="/">\n<o a="{math:nonsense(1)}"/></xsl:template>',
      'Line 2: a of o ({math:nonsense(1)}): there is no function math:nonsense().',
    ],
    [
      '<xsl:template match="/"><xsl:if test="a">\n<xsl:variable name="v" select="$v"/><b c="{$v}"/></xsl:if>\n<d e="{$v}"/></xsl:template>',
      'Line 2: select of variable ($v): the variable $v is not declared. Line 3: e of d ({$v}): the variable $v is not declared.',
    ],
    [
      '<xsl:template match="/"><xsl:param name="p"/></xsl:template>\n<xsl:template match="a"><b c="{$p}"/></xsl:template>',
      'Line 2: c of b ({$p}): the variable $p is not declared.',
    ],
  ];
  for (const [templates, said] of wrong) assert.equal(problems(templates).join(' '), said);
  const good = [
    '<xsl:template match="/"><xsl:value-of select="$late"/></xsl:template><xsl:variable name="late" select="$other"/><xsl:param name="other"/>',
    '<xsl:template match="/"><xsl:param name="p"/><xsl:for-each select="a"><xsl:variable name="v" select="$p"/><b c="{$v} {$p-1}"/></xsl:for-each></xsl:template><xsl:variable name="p-1"/>',
    `<xsl:template match="/"><b c="{'$x f('} {(a) and (b) div (c)} {text ()} {current()/node()} {str:split(a)}"/></xsl:template>`,
    '<xsl:template match="/"><xsl:if test="function-available(\'x:f\')"><b xmlns:x="urn:x" c="{x:f()}"/></xsl:if></xsl:template>',
    '<f:function xmlns:f="http://exslt.org/functions" name="q:f" xmlns:q="urn:q"><xsl:param name="n"/><f:result select="$n"/></f:function><xsl:template match="/"><b xmlns:y="urn:q" c="{y:f(1)}"/></xsl:template>',
    '<xsl:variable name="q:v" xmlns:q="urn:q"/><xsl:template match="/"><b xmlns:y="urn:q" c="{$y:v}"/></xsl:template>',
  ];
  for (const templates of good) assert.deepEqual(problems(templates), [], templates);
  const given = '<xsl:template match="/"><xsl:value-of select="$ward"/></xsl:template>';
  assert.deepEqual([problems(given).length, problems(given, [{ name: 'ward' }]).length], [1, 0], 'the parameters of the node');
});

test('takes the XML out of a field', async () => {
  const config = { stylesheet: COPY, source: { path: 'data.body' } };
  const outcome = await runNode(transform, { config, data: { body: '<r>甲</r>' } });
  assert.ok('emit' in outcome);
  assert.match(String(outcome.emit!['ok']![0]!.data), /<r>甲<\/r>/);
});

test('a stylesheet that fails names its line and never the message', async () => {
  const secret = '<r>张三丰</r>';
  const failing: readonly (readonly [string, string, RegExp])[] = [
    ['<xsl:template match="/">\n\n<xsl:nonsense/></xsl:template>', 'XSLT_INVALID', /line 3/],
    [
      '<xsl:template match="/">\n<xsl:value-of select="nonsense(function-available(1))"/></xsl:template>',
      'XSLT_FAILED',
      /line 2.*nonsense/,
    ],
    [
      '<xsl:template match="/">\n<xsl:message terminate="yes"><xsl:value-of select="."/></xsl:message></xsl:template>',
      'XSLT_FAILED',
      /stopped/,
    ],
  ];
  for (const [templates, code, said] of failing)
    await assert.rejects(run(sheet(templates), secret), (error: Error & { code: string; kind: string }) => {
      assert.deepEqual([error.code, error.kind], [code, 'input']);
      assert.match(error.message, said);
      return !JSON.stringify({ ...error, message: error.message }).includes('张三丰');
    });
  await assert.rejects(run(COPY, '<r>\n<a>张三丰</b></r>'), (error: Error & { code: string }) => {
    assert.equal(error.code, 'XML_INVALID');
    return /line 2/.test(error.message) && !error.message.includes('张三丰');
  });
  await assert.rejects(run(COPY, { a: 1 }), { code: 'XML_INPUT' });
});

test('reaches no file, no network and no entity', async () => {
  let asked = 0;
  const server = createServer((_request, response) => response.end(`<r>${(asked += 1)}</r>`)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.xml`;
  const written = `${tmpdir()}/kq-xslt-${process.pid}.xml`;
  try {
    for (const address of [url, 'file:///etc/passwd', '/etc/hostname', 'http://127.0.0.1:1/'])
      await assert.rejects(
        run(sheet(`<xsl:template match="/"><o><xsl:value-of select="document('${address}')"/></o></xsl:template>`), '<r/>'),
        {
          code: 'XSLT_FAILED',
        },
      );
    for (const writer of ['exsl:document', 'xsl:document', 'saxon:output'])
      await run(sheet(`<xsl:template match="/"><o><${writer} href="${written}">x</${writer}></o></xsl:template>`), '<r/>').catch(
        () => undefined,
      );
    assert.equal(existsSync(written), false);
    const xxe = `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>`;
    await assert.rejects(run(COPY, xxe), { code: 'XML_DOCTYPE' });
    await assert.rejects(run(sheet(`<xsl:import href="${url}"/>`), '<r/>'), { code: 'NODE_CONFIG_WRONG' });
    await assert.rejects(
      run(
        `<?xml version="1.0"?>${sheet(`<xsl:import\u0020href='${url}'/>`).replace('xsl:import', 'x:import').replaceAll('xsl:', 'x:').replace('xmlns:xsl', 'xmlns:x')}`,
        '<r/>',
      ),
    );
    assert.equal(asked, 0);
  } finally {
    server.close();
  }
});

test('what never ends, or fills the memory, is ended, and the next message is transformed', async () => {
  const endless =
    '<xsl:template match="/"><xsl:call-template name="a"/></xsl:template><xsl:template name="a"><xsl:call-template name="a"/></xsl:template>';
  const filling = `<xsl:template match="/"><o>${'<xsl:for-each select="//a">'.repeat(3)}<x>${'y'.repeat(1000)}</x>${'</xsl:for-each>'.repeat(3)}</o></xsl:template>`;
  const slow = `<xsl:template match="/"><o>${'<xsl:for-each select="//a">'.repeat(5)}${'</xsl:for-each>'.repeat(5)}</o></xsl:template>`;
  const many = `<r>${'<a/>'.repeat(200)}</r>`;
  for (const templates of [endless, filling, slow]) await assert.rejects(run(sheet(templates), many), { code: 'PARSE_TOO_COSTLY' });
  assert.match(String(await run(COPY, '<r>甲</r>')), /<r>甲<\/r>/);
});

test('a template may call itself a thousand times', async () => {
  const templates = `<xsl:output method="text"/><xsl:template match="/"><xsl:call-template name="a"><xsl:with-param name="n" select="1000"/></xsl:call-template></xsl:template>
    <xsl:template name="a"><xsl:param name="n"/><xsl:if test="$n &gt; 0">x<xsl:call-template name="a"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template></xsl:if></xsl:template>`;
  assert.equal(await run(sheet(templates), '<r/>'), 'x'.repeat(1000));
});

test('transforms 10 MB while others go on, and a cancel ends it', async () => {
  const data = `<r>${`<i n="1">${'长'.repeat(330)}</i>`.repeat(10_000)}</r>`;
  const outcome = await whileOthersGoOn(transform, { config: { stylesheet: COPY }, data });
  assert.ok('emit' in outcome);
  assert.equal(String(outcome.emit!['ok']![0]!.data).length, data.length + '<?xml version="1.0"?>\n\n'.length);
  await endsOnCancel(transform, { config: { stylesheet: COPY }, data });
});

const CONFIG = { parameters: [], mediaType: 'application/xml' };
const COPY = sheet('<xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>');

function sheet(templates: string): string {
  const extensions =
    'xmlns:exsl="http://exslt.org/common" xmlns:math="http://exslt.org/math" xmlns:str="http://exslt.org/strings" xmlns:saxon="http://icl.com/saxon"';
  return `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" ${extensions} extension-element-prefixes="exsl saxon" exclude-result-prefixes="math str">${templates}</xsl:stylesheet>`;
}

async function run(stylesheet: string, data: unknown): Promise<unknown> {
  const outcome = await runNode(transform, { config: { stylesheet }, data });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data;
}
