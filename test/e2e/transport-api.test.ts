/**
 * The transport API: operations of adapters that an analyst offered with one act are called by a granted app over the
 * bus front. All peers are other programs or plain sockets.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { cityFiles } from '../../examples/city/load-city.ts';
import { ackText, startHospital, type TestHospital } from '../nodes/mllp/peers.ts';
import { prepareVsftpd, startVsftpd, type Vsftpd } from '../servers/vsftpd.ts';
import { openCity, type City, type Person, type Reply } from '../support/city.ts';
import { eventually } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';
import { scriptedSmtp, type ScriptedSmtp } from '../support/scripted-smtp.ts';

const BUS_APP = 'B20001';
const MESSAGE = 'MSH|^~\\&|APP|A|HIS|H|20261130||ADT^A01|C1|P|2.4\rPID|1||0007||张三\r';
const noFtp = prepareVsftpd();

let scratch: string;
let platform: Platform;
let city: City;
let analyst: Person;
let security: Person;
let hospital: TestHospital;
let mail: ScriptedSmtp;
let soap: { readonly server: Server; readonly received: string[] };
let ftp: Vsftpd | undefined;
let files: string;
const ends: (() => unknown)[] = [];
/** What the peers say; each test begins with friendly ones. */
const peers = { ack: 'AA', smtp: undefined as string | undefined, soap: '' };
const OK = '<m:registerResponse xmlns:m="urn:h"><no>17</no></m:registerResponse>';
const envelope = (body: string, before = '') =>
  `<?xml version="1.0"?>${before}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`;

before(async () => {
  scratch = await makeScratch();
  files = join(scratch, 'files');
  mkdirSync(join(files, 'reports'), { recursive: true });
  hospital = await startHospital((id) => ackText(id, peers.ack, peers.ack === 'AA' ? '' : 'no such ward'));
  mail = await scriptedSmtp({ after: (end) => void ends.push(end as () => unknown) }, (command) =>
    command === 'RCPT' ? peers.smtp : undefined,
  );
  soap = await startSoap();
  if (noFtp === undefined) ftp = await startVsftpd();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true, environment: { KQ_FILE_ROOTS: files } });
  city = await openCity(platform);
  [analyst, security] = [await city.person(['analyst']), await city.person(['security-admin'])];
  const { port } = soap.server.address() as AddressInfo;
  await saveAdapter('adp_t_soap', 'soap', { baseUrl: `http://127.0.0.1:${port}` });
  await saveAdapter('adp_t_mllp', 'mllp', { host: '127.0.0.1', port: hospital.port });
  await saveAdapter('adp_t_mail', 'mail', {
    user: 'lab@a.cn',
    smtp: { host: '127.0.0.1', port: mail.port, security: 'none', login: false },
  });
  await saveAdapter('adp_t_dir', 'file', { kind: 'local', folder: files });
  for (const [adapter, operation, settings] of [
    ['adp_t_soap', 'soap.call', { namespace: 'urn:h', operation: 'register', action: 'urn:register' }],
    ['adp_t_mllp', 'hl7.send', {}],
    ['adp_t_mail', 'mail.send', {}],
    ...['write', 'read', 'list', 'remove'].map((name) => ['adp_t_dir', `file.${name}`, { folder: 'reports' }] as const),
  ] as const) {
    await grant(await offer(adapter, operation, settings));
  }
  await eventually(async () => assert.equal((await call('file/list/adp_t_dir', {})).status, 200));
});
after(async () => {
  await city?.close();
  platform?.process.kill('SIGKILL');
  await Promise.all([hospital?.close(), ftp?.stop(), ...ends.map((end) => end())]);
  soap?.server.close();
  if (scratch !== undefined) await removeScratch(scratch);
});
beforeEach(() => Object.assign(peers, { ack: 'AA', smtp: undefined, soap: envelope(OK) }));

async function startSoap() {
  const received: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(Buffer.concat(chunks).toString());
      response.writeHead(peers.soap.includes('Fault') ? 500 : 200, { 'content-type': 'text/xml; charset=utf-8' }).end(peers.soap);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, received };
}

async function saveAdapter(adapterId: string, protocol: string, settings: Record<string, unknown>, credential?: string): Promise<void> {
  const document = {
    ...{ adapterId, revision: 0, name: { 'zh-CN': adapterId, en: adapterId }, protocol, owner: '', domain: 'sh-city' },
    ...{ environments: { DEV: settings }, ...(credential === undefined ? {} : { credential }) },
  };
  const saved = await (credential === undefined ? analyst : security).call('PUT', `/adapters/${adapterId}`, document);
  assert.equal(saved.status, 200, saved.text);
}

async function offer(adapterId: string, operation: string, settings: Record<string, unknown>): Promise<InterfaceDocument> {
  const offered = await analyst.call('PUT', `/adapters/${adapterId}/transport/${operation}`, { settings });
  assert.equal(offered.status, 200, offered.text);
  return offered.json() as InterfaceDocument;
}

async function grant({ interfaceId }: InterfaceDocument): Promise<void> {
  const grantId = interfaceId.replace('ifc_', 'grt_');
  const granted = await security.call('PUT', `/grants/${grantId}`, { grantId, revision: 0, appId: BUS_APP, interfaceId });
  assert.equal(granted.status, 200, granted.text);
}

let calls = 0;
function call(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const type = body instanceof Buffer ? 'application/octet-stream' : 'application/json';
  return city.send(`${city.bus}/bus/v1/transport/${path}`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${readFileSync(cityFiles(platform.cityFolder).busToken, 'utf8')}`, 'accept-language': 'en' },
      ...{ 'content-type': type, 'idempotency-key': `call-${(calls += 1)}`, ...headers },
    },
    body: body instanceof Buffer ? body : JSON.stringify(body),
  });
}

const told = (reply: Reply) => reply.json() as Record<string, unknown>;

test('a granted app calls an operation of a SOAP service and gets its data, or its fault with a code and the reason', async () => {
  const good = await call('soap/register/adp_t_soap', { parameters: { name: '张三' } });
  assert.equal(good.status, 200, good.text);
  assert.deepEqual(good.json(), { no: '17' });
  assert.match(soap.received.at(-1)!, /<m:register xmlns:m="urn:h"><name>张三<\/name>/);
  peers.soap = envelope('<s:Fault><faultcode>s:Server</faultcode><faultstring>号源已满</faultstring></s:Fault>');
  const fault = await call('soap/register/adp_t_soap', { parameters: {} });
  assert.equal(fault.status, 422);
  assert.equal(told(fault)['code'], 'SOAP_FAULT');
  assert.deepEqual(told(fault)['peer'], { code: 'Server', reason: '号源已满', detail: null });
});

test('callers of a SOAP service send only the header elements that the operation was offered with', async () => {
  const operation = { namespace: 'urn:h', operation: 'register', action: 'urn:register' };
  const WSA = 'http://www.w3.org/2005/08/addressing';
  const before = soap.received.length;
  const refusedHeader = async (header: unknown) => {
    const refused = await call('soap/register/adp_t_soap', { parameters: {}, header });
    assert.deepEqual([refused.status, told(refused)['code']], [422, 'GW42201'], refused.text);
  };
  await refusedHeader({ ReplyTo: { '@xmlns': WSA, Address: 'http://evil.example/' } });
  await offer('adp_t_soap', 'soap.call', { ...operation, headers: ['RequestId'] });
  await eventually(async () => {
    const allowed = await call('soap/register/adp_t_soap', { parameters: {}, header: { RequestId: 'R1' } });
    assert.equal(allowed.status, 200, allowed.text);
  });
  assert.match(soap.received.at(-1)!, /<soap:Header><RequestId>R1<\/RequestId><\/soap:Header>/);
  await refusedHeader({ RequestId: 'R1', 'w:To': { '@xmlns:w': WSA, '#text': 'http://evil.example/' } });
  assert.equal(soap.received.length, before + 1);
  for (const headers of ['To', ['@xmlns'], [1]])
    assert.match(
      (await analyst.call('PUT', '/adapters/adp_t_soap/transport/soap.call', { settings: { ...operation, headers } })).text,
      /TRANSPORT_HEADERS/,
    );
  await offer('adp_t_soap', 'soap.call', operation);
});

test('entities and doctypes are refused in what callers send and in what the peer answers', async () => {
  const sent = soap.received.length;
  const evil = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>';
  const asXml = await call('soap/register/adp_t_soap', Buffer.from(evil), { 'content-type': 'text/xml' });
  assert.equal(asXml.status, 415);
  const asText = await call('soap/register/adp_t_soap', { parameters: { name: evil } });
  assert.equal(asText.status, 200, 'it is text like any other');
  assert.match(soap.received.at(-1)!, /&lt;!DOCTYPE/);
  for (const body of [{ parameters: { '@xmlns:m': 'urn:other' } }, { parameters: { 'a><b': 1 } }, { parameters: {}, extra: 1 }]) {
    const refused = await call('soap/register/adp_t_soap', body);
    assert.equal(refused.status, 422, refused.text);
  }
  assert.equal(soap.received.length, sent + 1);
  const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${[...'bcdefghij'].map((name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>`;
  for (const before of ['<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', laughs]) {
    peers.soap = envelope(OK.replace('17', before === laughs ? '&j;' : '&a;'), before);
    const answer = await call('soap/register/adp_t_soap', { parameters: {} });
    assert.equal(answer.status, 504, answer.text);
    assert.equal(told(answer)['code'], 'GW50402', 'the write may have been done');
    assert.doesNotMatch(answer.text, /root:|haha/);
  }
});

test('a granted app sends HL7 and gets the ACK; AE and AR are errors with a code of their own and what the peer says', async () => {
  const good = await call('hl7/send', { message: MESSAGE }, { 'x-kq-adapter': 'adp_t_mllp' });
  assert.equal(good.status, 200, good.text);
  assert.equal(told(good)['code'], 'AA');
  assert.match(Buffer.from(hospital.received.at(-1)!, 'latin1').toString(), /张三/);
  for (const code of ['AE', 'AR']) {
    peers.ack = code;
    const refused = await call('hl7/send/adp_t_mllp', { message: MESSAGE });
    assert.equal(refused.status, 422);
    assert.equal(told(refused)['code'], `HL7_${code}`);
    assert.equal((told(refused)['peer'] as { text: string }).text, 'no such ward');
  }
  assert.equal((await call('hl7/send/adp_t_mllp', { message: 'PID|1' })).status, 422);
  for (const message of [`${MESSAGE}${MESSAGE}`, `${MESSAGE}NTE|1||a\0b\r`]) {
    const refused = await call('hl7/send/adp_t_mllp', { message });
    assert.deepEqual([refused.status, told(refused)['cause']], [422, 'HL7_NOT_ONE_MESSAGE'], refused.text);
  }
});

test('a granted app sends mail with attachments; a refusal of the server has a cause and its reason', async () => {
  const body = {
    ...{ to: ['王医生 <wang@b.cn>'], subject: '检验报告', text: '请查收' },
    attachments: [{ name: '报告.csv', mediaType: 'text/csv', content: Buffer.from('项目,结果').toString('base64') }],
  };
  const sent = await call('mail/send/adp_t_mail', body);
  assert.equal(sent.status, 200, sent.text);
  assert.deepEqual(told(sent)['accepted'], ['wang@b.cn']);
  assert.deepEqual(mail.mails.at(-1)!.to, ['wang@b.cn']);
  peers.smtp = '550 5.1.1 no such user';
  const refused = await call('mail/send/adp_t_mail', body);
  assert.equal(refused.status, 422);
  assert.deepEqual([told(refused)['code'], told(refused)['cause']], ['GW42203', 'MAIL_REFUSED']);
  assert.match(String(told(refused)['message']), /550 5\.1\.1/);
  for (const wrong of [{ ...body, attachments: [{ name: 'a', blobId: 'blb_x' }] }, { subject: 'x' }, { ...body, from: 'x@y.cn' }])
    assert.equal((await call('mail/send/adp_t_mail', wrong)).status, 422);
});

test('a granted app writes, lists, reads and removes files of one folder', async () => {
  const bytes = Buffer.from([0, 1, 2, 0xff, ...Buffer.from('{"blobId":"blb_x"}')]);
  const written = await call(`file/write/adp_t_dir?name=${encodeURIComponent('报告.bin')}`, bytes);
  assert.equal(written.status, 200, written.text);
  assert.deepEqual(readFileSync(join(files, 'reports', '报告.bin')), bytes);
  assert.equal((await call('file/write/adp_t_dir?name=b.json', { blobId: 'blb_x' })).status, 415);
  const listed = (await call('file/list/adp_t_dir', {})).json() as { name: string }[];
  assert.deepEqual(
    listed.map(({ name }) => name),
    ['报告.bin'],
  );
  writeFileSync(join(files, 'secret.txt'), 'secret');
  writeFileSync(join(files, 'reports', 'a.txt'), 'plain');
  const read = await call('file/read/adp_t_dir', { name: 'a.txt' });
  assert.deepEqual([read.status, read.text, read.headers['content-type']], [200, 'plain', 'application/octet-stream']);
  for (const name of ['../secret.txt', '..', 'a\\b', '%2e%2e/secret.txt', ''])
    assert.equal((await call('file/read/adp_t_dir', { name })).status, 422, name);
  const removed = await call('file/remove/adp_t_dir', { name: 'a.txt' });
  assert.deepEqual(told(removed), { path: 'reports/a.txt', removed: true });
  const missing = await call('file/read/adp_t_dir', { name: 'a.txt' });
  assert.deepEqual([missing.status, told(missing)['cause']], [422, 'FILE_MISSING']);
});

test('the same works on an FTP server', { skip: noFtp ?? false }, async () => {
  const saved = await security.call('PUT', '/secrets/t-ftp', { value: 'secret', adapters: ['adp_t_ftp'] });
  assert.equal(saved.status, 200, saved.text);
  const person = await city.person(['analyst', 'security-admin']);
  const document = {
    ...{ adapterId: 'adp_t_ftp', revision: 0, name: { 'zh-CN': 'FTP', en: 'FTP' }, protocol: 'file', owner: '', domain: 'sh-city' },
    ...{ environments: { DEV: { kind: 'ftp', host: '127.0.0.1', port: ftp!.port, user: 'lab' } }, credential: 't-ftp' },
  };
  assert.equal((await person.call('PUT', '/adapters/adp_t_ftp', document)).status, 200);
  for (const name of ['write', 'read']) await grant(await offer('adp_t_ftp', `file.${name}`, {}));
  await eventually(async () => assert.equal((await call('file/write/adp_t_ftp?name=r.txt', Buffer.from('结果'))).status, 200));
  assert.equal(readFileSync(join(ftp!.files, 'r.txt'), 'utf8'), '结果');
  assert.equal((await call('file/read', { name: 'r.txt' }, { 'x-kq-adapter': 'adp_t_ftp' })).text, '结果');
});

test('a repeated key gets the same answer, and nothing is sent twice', async () => {
  const key = { 'idempotency-key': 'again-1' };
  const first = await call('hl7/send/adp_t_mllp', { message: MESSAGE }, key);
  const sent = hospital.received.length;
  const again = await call('hl7/send', { message: MESSAGE }, { ...key, 'x-kq-adapter': 'adp_t_mllp' });
  assert.deepEqual([again.status, again.text], [200, first.text]);
  assert.equal(again.headers['x-kq-idempotent-replay'], 'true');
  assert.equal(hospital.received.length, sent);
  assert.equal((await call('hl7/send/adp_t_mllp', { message: `${MESSAGE}NTE|1\r` }, key)).status, 422);
  const without = await call('hl7/send/adp_t_mllp', { message: MESSAGE }, { 'idempotency-key': '' });
  assert.equal(without.status, 400);
  assert.equal(hospital.received.length, sent);
});

test('a repeated key writes nothing twice if the operation is idempotent, and another body under it is refused', async () => {
  await offer('adp_t_mllp', 'hl7.send', { idempotent: true });
  const soapOperation = { namespace: 'urn:h', operation: 'register', action: 'urn:register' };
  await offer('adp_t_soap', 'soap.call', { ...soapOperation, idempotent: true });
  for (const [index, [path, body, other, count]] of (
    [
      [
        'file/write/adp_t_dir?name=once.txt',
        Buffer.from('one'),
        Buffer.from('two'),
        () => Number(existsSync(join(files, 'reports', 'once.txt'))),
      ],
      ['hl7/send/adp_t_mllp', { message: MESSAGE }, { message: `${MESSAGE}NTE|1\r` }, () => hospital.received.length],
      ['soap/register/adp_t_soap', { parameters: { n: 1 } }, { parameters: { n: 2 } }, () => soap.received.length],
    ] as const
  ).entries()) {
    const key = { 'idempotency-key': `idempotent-${index}` };
    const before = count();
    const first = await call(path, body, key);
    assert.equal(first.status, 200, `${path}: ${first.text}`);
    const again = await call(path, body, key);
    assert.deepEqual([again.status, again.text, again.headers['x-kq-idempotent-replay']], [200, first.text, 'true'], path);
    const reused = await call(path, other, key);
    assert.deepEqual([reused.status, told(reused)['code']], [422, 'GW42202'], path);
    assert.equal(count(), before + 1, path);
  }
  assert.equal(readFileSync(join(files, 'reports', 'once.txt'), 'utf8'), 'one');
  const otherName = await call('file/write/adp_t_dir?name=other.txt', Buffer.from('one'), { 'idempotency-key': 'idempotent-0' });
  assert.equal(told(otherName)['code'], 'GW42202');
  await offer('adp_t_mllp', 'hl7.send', {});
  await offer('adp_t_soap', 'soap.call', soapOperation);
});

test('an app without a grant, an adapter that is not offered, too large a body and too many calls are refused', async () => {
  await saveAdapter('adp_t_other', 'mllp', { host: '127.0.0.1', port: hospital.port });
  await eventually(async () => {
    const unknown = await call('hl7/send', { message: MESSAGE }, { 'x-kq-adapter': 'adp_t_other' });
    assert.deepEqual([unknown.status, told(unknown)['code']], [404, 'GW40401']);
  });
  assert.match(String(told(await call('hl7/send', { message: MESSAGE }))['message']), /X-KQ-Adapter/);
  const document = await offer('adp_t_other', 'hl7.send', {});
  await eventually(async () => {
    const refused = await call('hl7/send/adp_t_other', { message: MESSAGE });
    assert.deepEqual([refused.status, told(refused)['code']], [403, 'GW40301']);
  });
  await grant(document);
  const narrow = {
    ...document,
    bodyLimitBytes: 2000,
    policies: { ...document.policies, 'rate-limit': { limits: [{ by: 'app', limit: 1 }] } },
  };
  const saved = await analyst.call('PUT', `/interfaces/${document.interfaceId}`, narrow);
  assert.equal(saved.status, 200, saved.text);
  await eventually(async () => {
    const large = await call('hl7/send/adp_t_other', { message: MESSAGE + 'x'.repeat(3000) });
    assert.deepEqual([large.status, told(large)['code']], [413, 'GW41301']);
  });
  await eventually(async () => {
    const many = await Promise.all([1, 2, 3, 4, 5].map(() => call('hl7/send/adp_t_other', { message: MESSAGE })));
    assert.ok(many.some((reply) => reply.status === 429 && told(reply)['code'] === 'GW42901'));
  });
});

test('offering again changes the settings, and the adapter’s page and the OpenAPI document show what is offered', async () => {
  const before = await analyst.call('GET', '/adapters/adp_t_dir/transport');
  const items = (before.json() as { items: { operation: string; offered: { path: string }[] }[] }).items;
  assert.deepEqual(
    items.map(({ operation, offered }) => [operation, offered[0]?.path]),
    ['write', 'read', 'list', 'remove'].map((name) => [`file.${name}`, `/bus/v1/transport/file/${name}/adp_t_dir`]),
  );
  await offer('adp_t_dir', 'file.list', { folder: '' });
  await eventually(async () => assert.match((await call('file/list/adp_t_dir', {})).text, /secret\.txt/));
  for (const wrong of [{ folder: '{data.body.x}' }, { path: 'x' }, { patterns: [] }])
    assert.notEqual((await analyst.call('PUT', '/adapters/adp_t_dir/transport/file.list', { settings: wrong })).status, 200);
  assert.equal((await analyst.call('PUT', '/adapters/adp_t_dir/transport/mail.send', { settings: {} })).status, 422);
  const page = (await analyst.call('GET', '/openapi/bus')).json() as { paths: Record<string, { post?: { requestBody?: unknown } }> };
  assert.ok(page.paths['/bus/v1/transport/mail/send/adp_t_mail']?.post?.requestBody);
  assert.ok(page.paths['/bus/v1/transport/soap/register/adp_t_soap']);
  const shown = await city.send(`${city.control}/api/docs/bus`, {});
  assert.equal(shown.status, 200);
});

test('a read that is offered again as a write is never repeated; two offers never share an id', async () => {
  const read = await offer('adp_t_soap', 'soap.call', { namespace: 'urn:h', operation: 'query-b', action: 'q', reads: true });
  assert.equal(read.idempotent, true);
  const write = await offer('adp_t_soap', 'soap.call', { namespace: 'urn:h', operation: 'query-b', action: 'q' });
  assert.equal(write.interfaceId, read.interfaceId);
  assert.deepEqual([write.idempotent, write.requireIdempotencyKey], [undefined, true]);
  await saveAdapter('adp_x-y', 'soap', { baseUrl: 'http://127.0.0.1:9' });
  await saveAdapter('adp_y', 'soap', { baseUrl: 'http://127.0.0.1:9' });
  const [one, other] = [
    await offer('adp_x-y', 'soap.call', { namespace: 'u', operation: 'find', action: '' }),
    await offer('adp_y', 'soap.call', { namespace: 'u', operation: 'find-x', action: '' }),
  ];
  assert.notEqual(one.interfaceId, other.interfaceId);
});
