import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../engine/host/system-clock.ts';
import type { OpenedCall } from '../../../engine/contract/node/call-door.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import receive from '../../../nodes/soap/receive.node.ts';
import { decodeText, encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { showsContract } from '../shows-contract.ts';
import { upload } from './wsdl/describe.ts';

showsContract(import.meta.url, {
  happy: 'a request becomes the message of the flow, typed by its schema, and the reply a response in its order',
});

const REQUEST = {
  type: 'object',
  properties: {
    姓名: { type: 'string' },
    age: { type: 'integer' },
    urgent: { type: 'boolean' },
    items: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' } } } },
    day: { type: 'string', format: 'date' },
    kind: { type: ['string', 'null'], enum: ['A', 'B', null] },
    left: { type: ['string', 'null'], format: 'date' },
  },
  required: ['姓名'],
};
const RESPONSE = { type: 'object', properties: { regNo: { type: 'string' }, list: { type: 'array', items: { type: 'string' } } } };
const CONFIG = {
  ...{ service: 'Reg', namespace: 'urn:city:reg', address: 'http://bus/reg', understood: ['Route'] },
  operations: [
    { name: 'Register', about: '挂号 & 取号', request: REQUEST, response: RESPONSE, oneWay: false },
    { name: 'Notify', request: { type: 'object' }, response: { type: 'object' }, oneWay: true },
  ],
};
assert.ok(receive.kind === 'trigger');
const door = receive.door!(CONFIG);
const SOAP11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOAP12 = 'http://www.w3.org/2003/05/soap-envelope';

function open(body: Uint8Array | string | null, query = {}, contentType = 'text/xml'): Promise<OpenedCall> {
  const data = { body: typeof body === 'string' ? Buffer.from(body) : body, query, params: {} };
  return Promise.resolve(
    door.open(createMessage(data, { headers: { 'content-type': contentType } }), {
      clock: systemClock,
      signal: new AbortController().signal,
    }),
  );
}

const envelope = (body: string, header = '', uri = SOAP11) =>
  `<e:Envelope xmlns:e="${uri}" xmlns:r="urn:city:reg"><e:Header>${header}</e:Header><e:Body>${body}</e:Body></e:Envelope>`;

async function run(body: Uint8Array | string, contentType?: string) {
  const opened = await open(body, {}, contentType);
  assert.ok('message' in opened);
  return opened;
}

async function answerOf(body: Uint8Array | string | null, query = {}) {
  const opened = await open(body, query);
  assert.ok('answer' in opened);
  return { status: opened.answer.status, text: Buffer.from(opened.answer.message.data as Uint8Array).toString() };
}

test('a request becomes the message of the flow, typed by its schema, and the reply a response in its order', async () => {
  const { message, answerTo } = await run(
    envelope(
      '<r:Register><r:姓名>007</r:姓名><age xmlns="urn:city:reg">30</age><r:urgent>true</r:urgent><r:items><r:price>12.50</r:price></r:items><r:extra>x</r:extra></r:Register>',
      '<r:Route e:mustUnderstand="1">a</r:Route><s:Security xmlns:s="urn:s"><s:Password>secret</s:Password></s:Security>',
    ),
  );
  assert.deepEqual(message.data, {
    ...{ operation: 'Register', version: '1.1', query: {}, params: {} },
    body: { 姓名: '007', age: 30, urgent: true, items: [{ price: 12.5 }], extra: 'x' },
    header: { Route: { '@mustUnderstand': '1', '#text': 'a' } },
  });
  const { status, message: answer } = answerTo({
    status: 200,
    headers: {},
    message: createMessage({ list: ['甲', '乙'], regNo: '1', none: null }),
  });
  assert.deepEqual([status, answer.mediaType], [200, 'text/xml; charset=UTF-8']);
  assert.match(
    Buffer.from(answer.data as Uint8Array).toString(),
    /<soap:Body><RegisterResponse xmlns="urn:city:reg"><regNo>1<\/regNo><list>甲<\/list><list>乙<\/list><\/RegisterResponse><\/soap:Body>/,
  );
});

test('answers in the charset and the version of the request', async () => {
  const text = `<?xml version="1.0" encoding="GBK"?>${envelope('<r:Register><r:姓名>张三</r:姓名></r:Register>', '', SOAP12)}`;
  const { message, answerTo } = await run(encodeText(text, 'GBK'), 'application/soap+xml; charset=GBK');
  assert.deepEqual((message.data as { body: unknown }).body, { 姓名: '张三' });
  const reply = (data: unknown) => answerTo({ status: 200, headers: {}, message: createMessage(data) }).message;
  const answer = reply({ regNo: '号' });
  assert.equal(answer.mediaType, 'application/soap+xml; charset=GBK');
  assert.match(decodeText(answer.data as Uint8Array, 'GBK'), /<\?xml version="1.0" encoding="GBK"\?>.*<regNo>号<\/regNo>/);
  assert.equal(reply({ regNo: '𠮷' }).mediaType, 'application/soap+xml; charset=UTF-8');
});

test('a reply with a failing status is a fault; a one-way operation has no response', async () => {
  const { answerTo } = await run(envelope('<r:Register/>'));
  const fault = answerTo({ status: 409, headers: {}, message: createMessage({ code: 'E001', reason: '号满', detail: { 剩余: 0 } }) });
  const text = Buffer.from(fault.message.data as Uint8Array).toString();
  assert.equal(fault.status, 500);
  assert.match(
    text,
    /<faultcode>soap:Client<\/faultcode><faultstring xml:lang="zh-CN">&#21495;&#28385;<\/faultstring>.*<kq:code>E001<\/kq:code>/,
  );
  const oneWay = await run(envelope('<r:Notify/>'));
  assert.equal(oneWay.answerTo({ status: 200, headers: {}, message: createMessage({ a: 1 }) }).status, 202);
  assert.equal(oneWay.accepted.status, 202);
});

test('what is no request of the service is refused', async () => {
  for (const [body, code, problem] of [
    [null, 'SOAP_REQUEST', 'empty'],
    ['<a/>', 'SOAP_REQUEST', 'envelope'],
    [envelope(''), 'SOAP_REQUEST', 'body'],
    [envelope('<r:Unknown/>'), 'SOAP_REQUEST', 'operation'],
    [envelope('<Register xmlns="urn:other"/>'), 'SOAP_REQUEST', 'operation'],
    ['<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'XML_DOCTYPE', undefined],
    ['<a>', 'XML_INVALID', undefined],
  ] as const)
    await assert.rejects(open(body), (error: { code: string; kind: string; values: Record<string, unknown> }) => {
      assert.deepEqual([error.code, error.kind], [code, 'input']);
      if (problem !== undefined) assert.equal(error.values['problem'], problem);
      return true;
    });
  const mandatory = await answerOf(envelope('<r:Register/>', '<x:Pay xmlns:x="urn:x" e:mustUnderstand="true"/>', SOAP12));
  assert.match(mandatory.text, /<soap:Value>soap:MustUnderstand<\/soap:Value>/);
  assert.match((await answerOf(envelope('<r:Register/>', '', 'urn:other'))).text, /<faultcode>soap:VersionMismatch<\/faultcode>/);
});

test('its WSDL is what the other side reads', async () => {
  const { status, text } = await answerOf(null, { WSDL: '' });
  assert.equal(status, 200);
  const offers = await upload({ 'own.wsdl': text });
  assert.deepEqual(
    offers.map(({ name, about, problems, config }) => [name, about, problems, config['namespace'], config['qualified'], config['oneWay']]),
    [
      ['Register', '挂号 & 取号', undefined, 'urn:city:reg', true, false],
      ['Notify', undefined, undefined, 'urn:city:reg', false, true],
    ],
  );
  assert.deepEqual(offers[0]?.takes, {
    ...REQUEST,
    properties: {
      ...REQUEST.properties,
      age: { type: 'string' },
      urgent: { type: 'string' },
      items: { type: 'array', items: { type: 'object', properties: { price: { type: 'string' } } } },
    },
  });
});

test('operations whose elements have the same name, and fields that are no names, are problems', () => {
  const operation = { request: { type: 'object' }, response: { type: 'object' }, oneWay: false };
  const operations = [
    { ...operation, name: 'A' },
    { ...operation, name: 'AResponse' },
    { ...operation, name: 'B', request: { type: 'object', properties: { 'a b': {} } } },
  ];
  assert.deepEqual(
    receive.check!({ ...CONFIG, operations }).map(({ path }) => path),
    ['/operations/1/name', '/operations/2/request'],
  );
});
