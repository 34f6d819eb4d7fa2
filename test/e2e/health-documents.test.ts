/** CDA, XPath, XSLT and text templates in flows of the real process: a document comes in over HTTP, and a page goes back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OUTPATIENT_RECORD, PROGRESS_NOTE } from '../nodes/cda/documents.ts';
import { openCity, type City } from '../support/city.ts';
import { chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const PAGE = `<h1>{{ data.title }}</h1>{% for section in data.sections %}<h2>{{ section.title | default: section.code.display }}</h2>{{ section.html | raw }}
{% for entry in section.entries %}<p>{{ entry.code.display }}: {{ entry.values[0].value }}</p>{% endfor %}{% endfor %}`;
const TO_CSV = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:h="urn:hl7-org:v3"><xsl:output method="text"/>
<xsl:param name="sender"/><xsl:template match="/"><xsl:value-of select="$sender"/>,<xsl:value-of select="//h:patient/h:name"/></xsl:template></xsl:stylesheet>`;

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let city: City;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
  city = await openCity(platform);
});
after(async () => {
  await city.close();
  await api.close();
  await platform.end('SIGKILL');
  await removeScratch(scratch);
});

type Between = Parameters<typeof chainFlow>[1];

/** Publishes a flow with these nodes; returns what it makes of a document. */
async function flowOf(flowId: string, between: Between, mediaType: string) {
  const body = { type: 'transform.set@1', config: { fields: [{ to: 'data', from: { path: 'data.body' } }] } };
  const flow = chainFlow(flowId, [body, ...between]);
  const nodes = flow.nodes.map((node) => (node.id === 'n_reply' ? { ...node, config: { mediaType } } : node));
  await api.publish({ ...flow, nodes });
  const path = await api.offer(flowId, { log: 'none' });
  return async (document: string) => {
    const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/xml' };
    const { status, text } = await city.send(`${city.bus}${path}`, { method: 'POST', headers, body: document });
    return { status, text };
  };
}

test('a CDA document becomes a page with its narrative and entries', async () => {
  const render = await flowOf(
    'flw_cda_page',
    [{ type: 'cda.parse@1' }, { type: 'text.template@1', config: { template: PAGE, kind: 'html' } }],
    'text/html',
  );
  const { status, text } = await render(OUTPATIENT_RECORD);
  assert.equal(status, 200, text);
  assert.match(text, /<h1>门（急）诊病历<\/h1><h2>CHIEF COMPLAINT<\/h2>\n<p>主诉: 发热、咳嗽五日。<\/p>/);
  assert.match((await render(PROGRESS_NOTE)).text, /<h2>Results<\/h2><p>Blood &lt;b&gt; <b>potassium 4.0<\/b>/);
  const refused = await render('<r/>');
  assert.deepEqual([refused.status, /CDA_WRONG/.test(refused.text)], [422, true]);
});

test('XPath and XSLT read the same document, and a wrong one is refused by its code', async () => {
  const fields = [
    { name: 'name', path: '//h:patient/h:name' },
    { name: 'ids', path: '//h:patient/h:id/@extension', many: true },
  ];
  const extract = await flowOf(
    'flw_xpath',
    [{ type: 'xml.extract@1', config: { fields, namespaces: { h: 'urn:hl7-org:v3' } } }],
    'application/json',
  );
  assert.deepEqual(JSON.parse((await extract(OUTPATIENT_RECORD)).text), { name: '测试甲', ids: ['420106200001010000'] });
  const parameters = [{ name: 'sender', value: { value: 'HIS "A"' } }];
  const config = { stylesheet: TO_CSV, parameters, mediaType: 'text/plain' };
  const transform = await flowOf('flw_xslt', [{ type: 'xml.transform@1', config }], 'text/plain');
  assert.deepEqual(await transform(OUTPATIENT_RECORD), { status: 200, text: 'HIS "A",测试甲' });
  const refused = await transform('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>');
  assert.deepEqual([refused.status, /root:/.test(refused.text)], [422, false]);
});
