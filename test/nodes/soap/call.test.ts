import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import type { Message } from '../../../engine/contract/values/message.ts';
import type { Outcome } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { parseXml } from '../../../nodes/shared/xml/parse-xml.ts';
import soapCall from '../../../nodes/soap/call.node.ts';
import { httpPeer, tcpPeer } from '../support/peers.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'writes a 1.1 request and emits the data of the answer, every value as text',
  slow: 'a slow peer within the limit is waited for',
  'half-open': 'a peer that never answers, or stalls half-way, leaves the write unknown',
  refusal: 'faults of both versions are errors, or leave by their own port with reason and detail',
  duplicate: 'a second run carries the same idempotency key',
  cancel: 'a cancel half-way ends the connection',
  '10 MB': 'carries 10 MB there and back',
});

const config = { namespace: 'http://hospital.cn/reg', operation: 'register', action: 'urn:register' };
const NS11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const NS12 = 'http://www.w3.org/2003/05/soap-envelope';

test('writes a 1.1 request and emits the data of the answer, every value as text', async (t) => {
  const { baseUrl, requests } = await soapPeer(
    t,
    '<m:registerResponse xmlns:m="u"><result><code>007</code><n>a</n><n>b</n></result></m:registerResponse>',
  );
  const outcome = await call(baseUrl, { data: { reg: { 姓名: '张三', fee: 12.5 } } });
  assert.deepEqual(emitted(outcome, 'ok').data, { result: { code: '007', n: ['a', 'b'] } });
  assert.equal(requests[0]?.headers.soapaction, '"urn:register"');
  assert.equal(requests[0]?.headers['content-type'], 'text/xml; charset=UTF-8');
  assert.deepEqual(parseXml(requests[0]?.body ?? ''), {
    'soap:Envelope': {
      '@xmlns:soap': NS11,
      '@xmlns:xsi': XSI,
      'soap:Body': { 'm:register': { '@xmlns:m': 'http://hospital.cn/reg', reg: { 姓名: '张三', fee: '12.5' } } },
    },
  });
});

test('writes a 1.2 request with qualified fields and headers', async (t) => {
  const { baseUrl, requests } = await soapPeer(t, '<r/>', { namespace: NS12 });
  const header = { value: { 'a:To': { '@xmlns:a': 'urn:a', '#text': 'x' } } };
  assert.deepEqual(emitted(await call(baseUrl, { config: { ...config, version: '1.2', qualified: true, header } }), 'ok').data, {});
  assert.equal(requests[0]?.headers['content-type'], 'application/soap+xml; charset=UTF-8; action="urn:register"');
  assert.deepEqual(parseXml(requests[0]?.body ?? ''), {
    'soap:Envelope': {
      '@xmlns:soap': NS12,
      '@xmlns:xsi': XSI,
      'soap:Header': { 'a:To': { '@xmlns:a': 'urn:a', '#text': 'x' } },
      'soap:Body': { register: { '@xmlns': 'http://hospital.cn/reg' } },
    },
  });
});

test('speaks GBK and GB18030 both ways, by header or by declaration', async (t) => {
  for (const [charset, contentType] of [
    ['GBK', 'text/xml'],
    ['GB18030', 'text/xml; charset=gb18030'],
  ] as const) {
    const { baseUrl, requests } = await soapPeer(t, '<r><姓名>张三</姓名></r>', { charset, contentType });
    const outcome = await call(baseUrl, { data: { 姓名: '李四' } }, { charset });
    assert.deepEqual(emitted(outcome, 'ok').data, { 姓名: '张三' });
    assert.match(iconv.decode(requests[0]!.bytes, charset), /encoding="GB.*<姓名>李四</);
  }
});

test('faults of both versions are errors, or leave by their own port with reason and detail', async (t) => {
  const fault11 = '<s:Fault><faultcode>s:Server</faultcode><faultstring>挂号失败</faultstring><detail><e>E001</e></detail></s:Fault>';
  const fault12 =
    '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>x:Bad</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="zh">不行</s:Text></s:Reason></s:Fault>';
  const peer11 = await soapPeer(t, fault11, { status: 500 });
  const peer12 = await soapPeer(t, fault12, { status: 400, namespace: NS12 });
  const careless = await soapPeer(t, fault11, { status: 200 });
  for (const { baseUrl } of [peer11, peer12, careless]) {
    await assert.rejects(call(baseUrl), (error: { code: string; kind: string; message: string }) => {
      assert.deepEqual([error.code, error.kind], ['SOAP_FAULT', 'input']);
      assert.doesNotMatch(error.message, /挂号|不行/);
      return true;
    });
  }
  await assert.rejects(call(peer11.baseUrl, { config: { ...config, serverFault: 'unknown' } }), { kind: 'unknown-outcome' });
  const onPort = { config: { ...config, faults: 'port' } };
  assert.deepEqual(emitted(await call(peer11.baseUrl, onPort), 'fault').data, {
    code: 'Server',
    reason: '挂号失败',
    detail: { e: 'E001' },
  });
  assert.deepEqual(emitted(await call(peer12.baseUrl, onPort), 'fault').data, { code: 'Bad', reason: '不行', detail: null });
});

test('an answer that is no SOAP leaves a write unknown and a read refused', async (t) => {
  for (const body of ['<html><body>login</body></html>', 'plain', '<!DOCTYPE x><s:Envelope xmlns:s="u"/>']) {
    const { baseUrl } = await httpPeer(t, (_request, response) => void response.end(body));
    await assert.rejects(call(baseUrl), { code: 'SOAP_ANSWER', kind: 'unknown-outcome' });
    await assert.rejects(call(baseUrl, { config: { ...config, reads: true } }), { code: 'SOAP_ANSWER', kind: 'input' });
  }
  const down = await httpPeer(t, (_request, response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('<html>'));
  await assert.rejects(call(down.baseUrl), { code: 'HTTP_SERVER_ERROR', kind: 'unknown-outcome' });
  await assert.rejects(call(down.baseUrl, { config: { ...config, reads: true } }), { code: 'HTTP_SERVER_ERROR', kind: 'transient' });
  const busy = await httpPeer(t, (_request, response) => void response.writeHead(503).end());
  await assert.rejects(call(busy.baseUrl), { code: 'HTTP_BUSY', kind: 'transient' });
});

test('an empty answer with HTTP 200 is no success: a write is unknown, a read refused', async (t) => {
  const { baseUrl } = await httpPeer(t, (_request, response) => void response.end());
  await assert.rejects(call(baseUrl), { code: 'SOAP_ANSWER', kind: 'unknown-outcome', values: { problem: 'empty', status: 200 } });
  await assert.rejects(call(baseUrl, { config: { ...config, idempotent: true } }), { code: 'SOAP_ANSWER', kind: 'unknown-outcome' });
  await assert.rejects(call(baseUrl, { config: { ...config, reads: true } }), { code: 'SOAP_ANSWER', kind: 'input' });
});

test('a one-way operation is answered by nothing: 202 or 204, or 200 where the node says that it is one-way', async (t) => {
  for (const status of [202, 204]) {
    const { baseUrl } = await httpPeer(t, (_request, response) => void response.writeHead(status).end());
    assert.equal(emitted(await call(baseUrl), 'ok').data, null);
  }
  const { baseUrl } = await httpPeer(t, (_request, response) => void response.end());
  assert.equal(emitted(await call(baseUrl, { config: { ...config, oneWay: true } }), 'ok').data, null);
});

test('logs in with a user name token, as text or as digest with a new nonce each time', async (t) => {
  const { baseUrl, requests } = await soapPeer(t, '<r/>');
  const secrets = { '': 'lab:口令:x' };
  await call(baseUrl, { config: { ...config, security: 'text' }, secrets });
  await call(baseUrl, { config: { ...config, security: 'digest' }, secrets });
  await call(baseUrl, { config: { ...config, security: 'digest' }, secrets });
  assert.match(requests[0]!.body, /PasswordText">口令:x</);
  assert.doesNotMatch(requests[1]!.body, /口令/);
  const nonce = (body: string) => /Nonce[^>]*>([^<]+)</.exec(body)?.[1];
  assert.notEqual(nonce(requests[1]!.body), nonce(requests[2]!.body));
});

test('a header cannot bring a login or signature beside that of the adapter', async (t) => {
  const { baseUrl, requests } = await soapPeer(t, '<r/>');
  const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
  const send = (security: string, header: unknown) =>
    call(baseUrl, { config: { ...config, security, header: { value: header } }, secrets: { '': 'lab:x' } });
  const token = { UsernameToken: { Username: 'admin', Password: 'forged' } };
  for (const header of [
    { Security: { '@xmlns': WSSE, ...token } },
    { 'w:Security': { '@xmlns:w': WSSE, ...token } },
    { 'wsse:Security': token },
    { Security: [{ '@xmlns': 'urn:other', ...token }] },
    { a: { b: [{ 'x:UsernameToken': { '@xmlns:x': WSSE } }] } },
    { 'o:Security': { '@xmlns:o': 'http://schemas.xmlsoap.org/ws/2002/07/secext' } },
  ])
    for (const security of ['text', 'digest', 'signature'])
      await assert.rejects(send(security, header), { code: 'SOAP_HEADER', kind: 'input' });
  assert.equal(requests.length, 0);
  await send('none', { Security: { '@xmlns': WSSE, ...token } });
  await send('text', { To: { '@xmlns': 'http://www.w3.org/2005/08/addressing', '#text': 'urn:a' } });
  assert.equal(requests.length, 2);
});

test('a name whose prefix is not declared is refused before anything is sent', async (t) => {
  const { baseUrl, requests } = await soapPeer(t, '<r/>');
  for (const data of [{ 'x:y': 1 }, { a: { '@x:b': 1 } }, { a: { '@xmlns:x': 'urn:x' }, 'x:y': 1 }, { a: { '@xmlns:x': '', 'x:y': 1 } }])
    await assert.rejects(call(baseUrl, { data }), { code: 'XML_FORM', kind: 'input', message: /prefix that no @xmlns declares/ });
  await assert.rejects(call(baseUrl, { config: { ...config, header: { value: { 'x:y': 1 } } } }), { code: 'XML_FORM' });
  assert.equal(requests.length, 0);
  await call(baseUrl, { data: { a: { '@xmlns:x': 'urn:x', 'x:y': [{ '@xml:lang': 'zh', 'm:z': 1 }] } } });
  assert.equal(requests.length, 1);
});

test('a second run carries the same idempotency key', async (t) => {
  const { baseUrl, requests } = await soapPeer(t, '<r/>');
  await call(baseUrl, { idempotencyKey: 'k-9' });
  await call(baseUrl, { idempotencyKey: 'k-9', attempt: 2 });
  assert.deepEqual(
    requests.map(({ headers }) => headers['idempotency-key']),
    ['k-9', 'k-9'],
  );
});

test('a peer that never answers, or stalls half-way, leaves the write unknown', async (t) => {
  for (const first of ['', 'HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 900\r\n\r\n<s:Env']) {
    const { baseUrl } = await tcpPeer(t, (socket) => socket.once('data', () => socket.write(first)));
    await assert.rejects(call(baseUrl, {}, { limits: { timeoutMs: 500 } }), { code: 'HTTP_NO_ANSWER', kind: 'unknown-outcome' });
  }
});

test('a slow peer within the limit is waited for', async (t) => {
  const { baseUrl } = await httpPeer(t, (_request, response) => void setTimeout(() => response.end(envelope('<r>1</r>', NS11)), 120));
  assert.equal(emitted(await call(baseUrl), 'ok').data, '1');
});

test('a cancel half-way ends the connection', async (t) => {
  const closed = Promise.withResolvers<void>();
  const cancel = new AbortController();
  const { baseUrl } = await tcpPeer(t, (socket) => {
    socket.once('data', () => cancel.abort(new Error('cancelled')));
    socket.once('close', () => closed.resolve());
  });
  await assert.rejects(call(baseUrl, { signal: cancel.signal }), { code: 'HTTP_NO_ANSWER' });
  await closed.promise;
});

test('carries 10 MB there and back', async (t) => {
  const item = `<i>${'长'.repeat(330)}</i>`;
  const { baseUrl } = await soapPeer(t, `<r>${item.repeat(10_000)}</r>`);
  const data = { i: Array.from({ length: 10_000 }, () => '长'.repeat(330)) };
  const outcome = await call(baseUrl, { data }, { limits: { timeoutMs: 20_000, maxResponseBytes: 20_000_000 } });
  assert.deepEqual(emitted(outcome, 'ok').data, data);
});

test('parameters that are no object, and text that XML cannot carry, are refused before anything is sent', async (t) => {
  const { baseUrl, requests } = await soapPeer(t, '<r/>');
  await assert.rejects(call(baseUrl, { data: ['a'] }), { code: 'SOAP_BODY', kind: 'input' });
  await assert.rejects(call(baseUrl, { data: { a: '\u0000' } }), { code: 'XML_FORM', kind: 'input' });
  await assert.rejects(call(baseUrl, { data: { a: '𠮷' } }, { charset: 'GBK' }), { code: 'CHARSET_UNENCODABLE', kind: 'input' });
  assert.equal(requests.length, 0);
});

type Peer = Parameters<typeof httpPeer>[0];

function soapPeer(t: Peer, body: string, options: { namespace?: string; status?: number; charset?: string; contentType?: string } = {}) {
  const { namespace = NS11, status = 200, charset = 'UTF-8', contentType = 'text/xml' } = options;
  return httpPeer(t, (_request, response) => {
    response.writeHead(status, { 'content-type': contentType });
    response.end(iconv.encode(`<?xml version="1.0" encoding="${charset}"?>${envelope(body, namespace)}`, charset));
  });
}

function envelope(body: string, namespace: string): string {
  return `<s:Envelope xmlns:s="${namespace}"><s:Header/><s:Body>${body}</s:Body></s:Envelope>`;
}

function call(
  baseUrl: string,
  options: RunNodeOptions = {},
  adapter: Partial<NonNullable<RunNodeOptions['adapter']>> = {},
): Promise<Outcome> {
  return runNode(soapCall, { config, ...options, adapter: { settings: { baseUrl }, ...adapter } });
}

function emitted(outcome: Outcome, port: string): Message {
  assert.ok('emit' in outcome);
  return outcome.emit![port]![0]!;
}
