import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import iconv from 'iconv-lite';
import { FILE_TYPE_NAMES } from '../../../../gateways/content/file-types.ts';
import fileType from '../../../../gateways/policies/content/file-type.policy.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest } from '../../support/city-plan.ts';
import { openDmzLab } from '../../support/dmz-lab.ts';
import { runPolicy } from '../../support/run-policy.ts';
import { FILES, makeZip } from '../../support/sample-files.ts';
import { callGateway, callSigned, startGateway, type TestGateway } from '../../support/start-gateway.ts';

const TOKEN = 'a-long-random-token';
const OPTIONS = {
  accept: ['pdf', 'dicom', 'png', 'jpeg', 'docx', 'xlsx', 'zip', 'csv', 'xml'],
  maxFiles: 3,
  maxFields: 2,
  maxFileBytes: 100_000,
};
let started: TestGateway;
before(async () => {
  const document = buildInterface({ front: 'bus', path: '/bus/v1/files', policies: { 'file-type': OPTIONS } });
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [document], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', TOKEN)).toString('hex') }],
  });
  started = await startGateway(plan, { front: 'bus' });
});
after(() => started.stop());

async function send(body: string | Buffer, type: string | undefined, headers: Record<string, string> = {}) {
  const answer = await callGateway(started.gateway, {
    ...{ method: 'POST', target: '/bus/v1/files', body },
    headers: { ...headers, ...(type !== undefined && { 'content-type': type }), authorization: `Bearer ${TOKEN}`, 'accept-language': 'en' },
  });
  const { message = '', issues = [] } = JSON.parse(answer.body.toString()) as { message?: string; issues?: { path: string }[] };
  return { ...answer, message, place: issues[0]?.path };
}

interface Part {
  readonly name?: string;
  readonly file?: string | Buffer;
  readonly type?: string;
  readonly content?: string | Buffer;
}

function form(...parts: readonly Part[]) {
  const pieces = parts.flatMap(({ name = 'report', file, type, content = 'text' }) => [
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"`),
    ...(file === undefined ? [] : [Buffer.from('; filename="'), Buffer.from(file as string), Buffer.from('"')]),
    Buffer.from(`${type === undefined ? '' : `\r\nContent-Type: ${type}`}\r\n\r\n`),
    Buffer.from(content as string),
    Buffer.from('\r\n'),
  ]);
  return send(Buffer.concat([...pieces, Buffer.from('--b--\r\n')]), 'multipart/form-data; boundary=b');
}

test('files whose type, name and content agree pass, also in a form with fields', async () => {
  for (const [file, type, content] of [
    ['a.pdf', 'application/pdf', FILES.pdf],
    ['a.DCM', 'application/octet-stream', FILES.dicom],
    ['IM00001', 'application/dicom', FILES.dicom],
    ['a.jpg', 'image/jpeg', FILES.jpeg],
    ['a.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', FILES.xlsx],
    ['a.zip', 'application/x-zip-compressed', FILES.zip],
    ['a.csv', 'application/vnd.ms-excel', FILES.csv],
    ['a.csv', 'text/csv; charset=gbk', iconv.encode('姓名\r\n张三', 'gbk')],
    ['v1.2 报告.xml', undefined, FILES.xml],
  ] as const) {
    const answer = await form({ name: 'note', content: '说明' }, { file, content, ...(type !== undefined && { type }) });
    assert.equal(answer.status, 200, `${file}: ${answer.message}`);
  }
  assert.equal((await form({ file: '', type: 'application/octet-stream', content: '' })).status, 200, 'no file was chosen');
  assert.equal((await form({ file: iconv.encode('影像誠.dcm', 'gbk'), content: FILES.dicom })).status, 200);
});

test('a body that is one file is judged like a part', async () => {
  assert.equal((await send(FILES.pdf, 'application/pdf')).status, 200);
  assert.equal((await send(FILES.dicom, 'image/dicom')).status, 200);
  const answer = await send(FILES.exe, 'application/pdf');
  assert.deepEqual([answer.status, answer.code, answer.place], [415, 'GW41501', '/body']);
  assert.match(answer.message, /^\/body: the content is a Windows program, but this interface accepts only PDF, DICOM, /);
});

test('what declared type, extension and content do not agree about is refused, and nothing is called', async () => {
  const calls = started.calls.length;
  for (const [part, words] of [
    [{ file: 'a.pdf', type: 'application/pdf', content: FILES.exe }, /a Windows program/],
    [{ file: 'a.pdf', type: 'application/pdf', content: FILES.png }, /the content is PNG, which disagrees with the declared Content-Type/],
    [{ file: 'a.png', type: 'application/octet-stream', content: FILES.pdf }, /the content is PDF, which disagrees with the extension/],
    [{ file: 'a.zip', type: 'application/zip', content: FILES.docx }, /the content is Word \(docx\), which disagrees/],
    [{ file: 'a.docx', content: FILES.zip }, /the content is ZIP, which disagrees with the extension/],
    [{ file: 'a.docx', content: FILES.docm }, /a Word document with macros/],
    [{ file: 'a.png', type: 'image/png', content: FILES.svg }, /the content is SVG/],
    [{ file: 'a.png', type: 'image/png', content: FILES.html }, /a page \(HTML\)/],
    [{ file: 'a.csv', type: 'text/csv', content: FILES.script }, /a script/],
    [{ file: 'a.csv', type: 'text/csv', content: 'a\0b' }, /no known type/],
    [{ file: 'a.png', type: 'image/png', content: Buffer.concat([FILES.png, FILES.jar]) }, /can also be read as another type/],
    [{ file: 'a.zip', content: makeZip(['../x.txt']) }, /paths that lead out of it/],
    [{ file: 'a.exe.pdf', content: FILES.pdf }, /extension of a program/],
    [{ file: '../../a.pdf', content: FILES.pdf }, /plain name without path/],
    [{ file: 'fdp.\u202egpj.pdf', content: FILES.pdf }, /plain name/],
    [{ content: FILES.exe }, /a form field must be text/],
  ] as const) {
    const answer = await form({ name: 'note' }, part);
    assert.deepEqual([answer.status, answer.code, answer.place], [415, 'GW41501', '/body/report'], String(words));
    assert.match(answer.message, words);
  }
  assert.equal(started.calls.length, calls);
});

test('too many files or fields, and a file that is too large, are refused with numbers', async () => {
  const file = { file: 'a.pdf', content: FILES.pdf };
  const files = await form(file, file, file, file);
  assert.deepEqual([files.code, files.message.includes('too many files: 4, at most 3')], ['GW41301', true]);
  const fields = await form({ name: 'a' }, { name: 'b[c][d]' }, { name: 'e' }, file);
  assert.deepEqual([fields.code, fields.message.includes('too many form fields: 3, at most 2')], ['GW41301', true]);
  const large = await form({ name: 'a[b]/c', file: 'a.pdf', content: Buffer.concat([FILES.pdf, Buffer.alloc(100_000)]) });
  assert.deepEqual([large.status, large.code, large.place], [413, 'GW41301', '/body/a[b]~1c']);
});

test('a body that is no form, or hides its type, is refused', async () => {
  for (const [body, type] of [
    ['--b\nContent-Disposition: form-data; name="a"\n\nx\n--b--\n', 'multipart/form-data; boundary=b'],
    ['--b--', 'multipart/form-data'],
    [
      '--b\r\nContent-Disposition: form-data; name="a"; filename="a.pdf"; filename="a.exe"\r\n\r\n%PDF-\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    ],
  ] as const)
    assert.equal((await send(body, type)).code, 'GW40001');
  assert.equal((await send(FILES.pdf, 'multipart/related; boundary=b')).code, 'GW41502');
  assert.equal((await send('{"a":1}', 'application/json')).code, 'GW41502', 'JSON is not among the accepted files');
  assert.equal((await send(FILES.pdf, 'application/pdf', { 'content-encoding': 'gzip' })).code, 'GW41502');
  assert.equal((await send(FILES.pdf, 'application/pdf', { 'x-kq-enc': 'SM4-CBC-HSM3' })).status, 200);
  assert.equal((await send(FILES.exe, 'application/pdf', { 'x-kq-enc': 'SM4-CBC-HSM3' })).code, 'GW41501');
});

test('an interface with a request schema gets no files but JSON, and is refused when it is saved otherwise', () => {
  const find = (accept: 'pdf' | 'json', requestSchema?: Record<string, unknown>) =>
    fileType.findProblems!({ accept: [accept] }, buildInterface(requestSchema && { requestSchema })).map(({ path }) => path);
  assert.deepEqual(find('pdf', { type: 'object' }), ['/accept']);
  assert.deepEqual([find('json', { type: 'object' }), find('pdf')], [[], []]);
});

test('the simulator says what the content is, and what the interface accepts', async () => {
  const headers = { host: 'localhost', 'content-type': 'application/pdf', 'content-length': '10' };
  const request = { method: 'POST', target: '/bus/v1/files', headers, body: '#!/bin/sh\n', clientIp: '127.0.0.1', appId: 'his' } as const;
  const said = await started.gateway.explain(request);
  const verdict = said?.verdicts.find(({ policy }) => policy === 'file-type');
  assert.deepEqual([verdict?.verdict, verdict?.code], ['refuses', 'GW41501']);
  assert.match(verdict!.text!['zh-CN'], /文件内容是脚本，该接口只接受：PDF、DICOM 影像/);
  assert.equal((await started.gateway.explain({ ...request, body: '%PDF-1.7\n\n' }))?.refusal, undefined);
});

test('the log names the part and what it was, never the name of the file', async () => {
  const body = '--b\r\nContent-Disposition: form-data; name="a"; filename="张三.exe.pdf"\r\n\r\n%PDF-1.7\r\n--b--\r\n';
  const { error, exchange } = await runPolicy(fileType, {
    options: OPTIONS,
    raw: ['content-type', 'multipart/form-data; boundary=b'],
    exchange: { body: Buffer.from(body) },
  });
  assert.deepEqual(exchange.notes, [{ policy: 'file-type', where: '/body/a', what: 'name executable' }]);
  assert.ok(!JSON.stringify([error, exchange.notes]).includes('张三'));
});

test('every type can be chosen, and takes its own file', async () => {
  for (const name of FILE_TYPE_NAMES) {
    const { error } = await runPolicy(fileType, { options: { accept: [name] }, exchange: { body: FILES[name] } });
    assert.equal(error, undefined, name);
  }
});

test('a gateway in the DMZ refuses a wrong file before anything is forwarded, and leaves sealed bodies to the one inside', async (t) => {
  const lab = await openDmzLab();
  t.after(() => lab.close());
  const inner = await lab.startInner();
  const handed = (await lab.connect([inner.gateway.port], lab.certificates.open).newer(0))!;
  const interfaces = handed.interfaces.map((document) => ({ ...document, policies: { 'file-type': { accept: ['json'] } } }));
  const dmz = await lab.startDmz([inner], { given: { ...handed, interfaces } });
  const call = async (body: string | Buffer, more: readonly (readonly [string, string])[] = []) =>
    callSigned(dmz.gateway, await signRequest(lab.sm2, { body, headers: [['content-type', 'application/json'], ...more] }));
  assert.equal((await call(FILES.exe)).code, 'GW41501');
  assert.equal(inner.calls.length, 0);
  assert.equal((await call('{"a":1}')).status, 200);
  assert.equal((await call(FILES.exe, [['x-kq-enc', 'SM4-CBC-HSM3']])).code, 'GW40003', 'refused inside, where it cannot be opened');
});
