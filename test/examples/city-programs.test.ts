import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import iconv from 'iconv-lite';
import { createDistrict } from '../../examples/city/district/district.ts';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { createHospitalB } from '../../examples/city/hospital-b/hospital-b.ts';
import { feedMessage } from '../../examples/city/hospital-c/feed.ts';
import { createHospitalC, readJournal } from '../../examples/city/hospital-c/hospital-c.ts';
import { fictitiousPerson } from '../../examples/city/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'kq-city-'));
after(() => rmSync(folder, { recursive: true }));

const post = (url: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) });

test('hospital A books twice when asked twice, and tells by key how often it was asked', async (t) => {
  const hospital = await createHospitalA({ port: 0 });
  t.after(() => hospital.stop());
  const body = JSON.stringify({ patientId: 'P000002', departmentCode: '01', date: '2026-01-05' });
  for (let round = 0; round < 2; round++) {
    const answer = await post(`${hospital.address}/registrations`, body, { 'idempotency-key': 'k' });
    assert.equal(answer.status, 201);
  }
  assert.equal(hospital.state().registrations.length, 2);
  assert.deepEqual(hospital.state().byIdempotencyKey, { k: 2 });
  assert.equal((await post(`${hospital.address}/registrations`, body.replace('01', '99'))).status, 422);
  assert.equal((await post(`${hospital.address}/registrations`, '{')).status, 400);
  const reports = (await (await fetch(`${hospital.address}/reports/P000002`)).json()) as { reports: unknown[] };
  assert.equal(reports.reports.length, 2);
});

test('hospital A falls silent after doing the work when told to', async (t) => {
  const hospital = await createHospitalA({ port: 0 });
  t.after(() => hospital.stop());
  await post(`${hospital.address}/control`, JSON.stringify({ silentNext: 1 }));
  const body = JSON.stringify({ patientId: 'P000002', departmentCode: '01', date: '2026-01-05' });
  const call = fetch(`${hospital.address}/registrations`, { method: 'POST', body, signal: AbortSignal.timeout(1_000) });
  await assert.rejects(call, { name: 'TimeoutError' });
  assert.equal(hospital.state().registrations.length, 1);
});

test('hospital B answers SOAP in GBK', async (t) => {
  const hospital = await createHospitalB({ port: 0 });
  t.after(() => hospital.stop());
  const soap = (content: string) =>
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${content}</s:Body></s:Envelope>`;
  const ask = async (content: string) => {
    const answer = await post(`${hospital.address}/`, iconv.encode(soap(content), 'gbk'), { 'content-type': 'text/xml; charset=GBK' });
    return { status: answer.status, text: iconv.decode(Buffer.from(await answer.arrayBuffer()), 'gbk') };
  };
  const registered = await ask(
    '<b:Register xmlns:b="urn:city:hospital-b"><PatientId>P000003</PatientId><PatientName>虚构丁甲</PatientName><DeptCode>NK</DeptCode><VisitDate>20260105</VisitDate></b:Register>',
  );
  assert.equal(registered.status, 200);
  assert.match(registered.text, /encoding="GBK".*挂号成功：虚构丁甲.*<RegNo>B00000001<\/RegNo>/);
  assert.match((await ask('<QueryReports><PatientId>P000003</PatientId></QueryReports>')).text, /胸部正位片/);
  const refused = await ask('<Register><PatientId>P000003</PatientId><DeptCode>XX</DeptCode><VisitDate>20260105</VisitDate></Register>');
  assert.equal(refused.status, 500);
  assert.match(refused.text, /<faultcode>soap:Client<\/faultcode><faultstring>科室代码不存在/);
  assert.match(await (await fetch(`${hospital.address}/?wsdl`)).text(), new RegExp(`location="${hospital.address}/"`));
});

test('the district platform applies a notice once and remembers the order per patient', async (t) => {
  const district = await createDistrict({ port: 0 });
  t.after(() => district.stop());
  const notice = async (key: string, noticeId: string) =>
    (await post(`${district.address}/admissions`, JSON.stringify({ patientId: 'P1', noticeId }), { 'idempotency-key': key })).status;
  await post(`${district.address}/control`, JSON.stringify({ failNext: 1 }));
  assert.equal(await notice('a', '1'), 503);
  assert.equal(await notice('a', '1'), 201);
  assert.equal(await notice('a', '1'), 200);
  assert.equal(await notice('b', '2'), 201);
  assert.deepEqual(district.state(), { received: { a: 2, b: 1 }, byPatient: { P1: ['1', '2'] }, applied: 2 });
});

test('hospital C sends in order, again after every loss, and goes on after its journal', async (t) => {
  const journal = join(folder, 'journal.ndjson');
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (frame) => {
      const text = iconv.decode(frame, 'gbk');
      const controlId = text.split('|')[9] ?? '';
      received.push(controlId);
      // Every third message is lost together with its connection.
      if (received.length % 3 === 0) return socket.destroy();
      socket.write(`\u000bMSH|^~\\&|BUS|CITY|HIS|C|20260105||ACK|1|P|2.5.1\rMSA|AA|${controlId}\r\u001c\r`);
    });
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  await createHospitalC({ port, journal, intervalMs: 0, count: 5 }).finished;
  const second = createHospitalC({ port, journal, intervalMs: 0, count: 2 });
  await second.finished;
  const expected = Array.from({ length: 7 }, (_, number) => feedMessage(number).controlId);
  assert.deepEqual([...new Set(received)], expected, 'none overtakes another');
  assert.deepEqual(
    readJournal(journal).map(({ controlId }) => controlId),
    expected,
  );
  assert.ok(received.length > expected.length, 'lost ones came again');
});

test('hospital C stops at once while nobody listens', async () => {
  const hospital = createHospitalC({ port: 1 });
  await hospital.stop();
  assert.equal(hospital.state().acknowledged, 0);
});

test('a message of the feed is the same each time, and its people are fictitious with valid ids', () => {
  assert.deepEqual(feedMessage(42), feedMessage(42));
  assert.match(feedMessage(0).text, /^MSH\|\^~\\&\|HIS\|HOSPITAL-C\|.*\|ADT\^A01\^ADT_A01\|C000000000\|/);
  assert.equal(feedMessage(0).text.split('\r')[3]?.split('|')[19], 'V00000000');
  for (let index = 0; index < 200; index++) {
    const { name, idNumber } = fictitiousPerson(index);
    assert.match(name, /^虚构/);
    const sum = [...idNumber.slice(0, 17)].reduce(
      (total, digit, at) => total + Number(digit) * ([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2][at] ?? 0),
      0,
    );
    assert.equal(idNumber[17], '10X98765432'[sum % 11]);
  }
});
