/** What a bus gateway accepts from gateways in the DMZ: verified again, for their own front and domains, and from no one else. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RELAY_HEADER, writeNodeRequest } from '../../../gateways/forward/relay-header.ts';
import { signRequest } from '../support/city-plan.ts';
import { openDmzLab, type Certificate, type DmzLab } from '../support/dmz-lab.ts';
import { callGateway, callSigned, type TestAnswer, type TestGateway } from '../support/start-gateway.ts';
import { signsAnswer } from '../support/verify-answer.ts';

let lab: DmzLab;
let inner: TestGateway;
let other: TestGateway;
let dmz: TestGateway;
let dmzAgain: TestGateway;
before(async () => {
  lab = await openDmzLab();
  [inner, other] = [await lab.startInner(), await lab.startInner()];
  [dmz, dmzAgain] = [await lab.startDmz([inner]), await lab.startDmz([other])];
});
after(() => lab.close());

/** As a node would ask inside, but with whatever certificate and words. */
function ask(
  certificate: Certificate | undefined,
  target: string,
  headers: Readonly<Record<string, string>>,
  gateway = inner,
): Promise<TestAnswer> {
  return callGateway(gateway.gateway, {
    method: 'POST',
    target,
    headers,
    body: '{"hospital":"A"}',
    ...(certificate === undefined ? {} : { tls: certificate }),
  });
}

const relay = writeNodeRequest({
  kind: 'call',
  host: 'localhost',
  relay: { traceId: 'trace-of-the-test', clientIp: '192.0.2.7', leftMs: 2000, traceparent: undefined },
});

test('a replay through another DMZ gateway and another gateway inside is refused, and that refusal is signed', async () => {
  const signed = await signRequest(lab.sm2);
  assert.equal((await callSigned(dmz.gateway, signed)).status, 200);
  const replayed = await callSigned(dmzAgain.gateway, signed);
  assert.equal(replayed.code, 'GW40104');
  assert.equal(await signsAnswer(replayed, signed, lab.sm2, lab.plan), true);
});

test('refuses in the DMZ what is forged, too old or unknown, and lets nothing of it inside', async () => {
  const before = inner.calls.length + other.calls.length;
  const requests = inner.gateway.stats().requests;
  const signed = await signRequest(lab.sm2);
  assert.equal((await callSigned(dmz.gateway, { ...signed, body: Buffer.from('{"hospital":"B"}') })).code, 'GW40103');
  assert.equal((await callSigned(dmz.gateway, await signRequest(lab.sm2, { ts: Date.now() - 400_000 }))).code, 'GW40102');
  assert.equal((await callSigned(dmz.gateway, await signRequest(lab.sm2, { path: '/open/v1/district' }))).code, 'GW40401');
  assert.equal((await callSigned(dmz.gateway, { ...signed, path: '/bus/v1/notes' })).code, 'GW40401');
  const claimed = await signRequest(lab.hmac, {
    headers: [
      ['content-type', 'application/json'],
      [RELAY_HEADER, relay],
    ],
  });
  assert.equal((await callSigned(dmz.gateway, claimed)).code, 'GW40001', 'the word of a node is not for callers');
  assert.equal(inner.gateway.stats().requests, requests);
  assert.equal(inner.calls.length + other.calls.length, before);
});

test('inside proves every call again: a node that was broken into can alter, repeat and widen nothing', async () => {
  const before = inner.calls.length;
  const signed = await signRequest(lab.sm2);
  const headers = { ...Object.fromEntries(signed.headers), authorization: signed.authorization, [RELAY_HEADER]: relay };
  const send = (target: string, more: Readonly<Record<string, string>> = {}) => ask(lab.certificates.open, target, { ...headers, ...more });
  assert.equal(
    (await ask(lab.certificates.open, '/open/v1/appointments', { 'content-type': 'application/json', [RELAY_HEADER]: relay })).code,
    'GW40101',
    'no proof',
  );
  assert.equal((await send('/open/v1/appointments?more=1')).code, 'GW40103', 'another query');
  assert.equal((await send('/open/v1/strict')).code, 'GW40103', 'another path');
  assert.equal((await send('/open/v1/appointments', { 'content-type': 'text/plain' })).code, 'GW40103', 'another header');
  assert.equal((await send('/open/v1/appointments', { 'idempotency-key': 'mine' })).code, 'GW40103', 'a further header');
  assert.equal(
    (await callGateway(inner.gateway, { method: 'POST', target: '/open/v1/appointments', headers, body: '{}', tls: lab.certificates.open }))
      .code,
    'GW40103',
  );
  const elsewhere = relay.replace('host=localhost', 'host=other.example.cn');
  assert.equal((await send('/open/v1/appointments', { [RELAY_HEADER]: elsewhere })).code, 'GW40103', 'another host');
  assert.equal((await ask(lab.certificates.user, '/user/v1/reports', { ...headers, authorization: 'Bearer x.y.z' })).code, 'GW40501');
  assert.equal(inner.calls.length, before);
  assert.equal((await send('/open/v1/appointments')).status, 200, 'none of that has burnt the nonce');
  assert.equal((await send('/open/v1/appointments')).code, 'GW40104');
});

test('takes from a certificate only interfaces of its own front and domain, and from a strange one nothing', async () => {
  const before = inner.calls.length;
  const onPath = async (path: string) => {
    const signed = await signRequest(lab.sm2, { path });
    return { path, headers: { ...Object.fromEntries(signed.headers), authorization: signed.authorization, [RELAY_HEADER]: relay } };
  };
  const district = await onPath('/open/v1/district');
  assert.equal((await ask(lab.certificates.open, district.path, district.headers)).code, 'GW40401', 'another domain');
  const bus = await onPath('/bus/v1/notes');
  assert.equal((await ask(lab.certificates.open, bus.path, bus.headers)).code, 'GW40401', 'the bus front itself');
  const open = await onPath('/open/v1/appointments');
  assert.equal((await ask(lab.certificates.user, open.path, open.headers)).code, 'GW40401', 'another front');
  for (const certificate of [lab.certificates.strange, undefined]) {
    const refused = await ask(certificate, open.path, open.headers);
    assert.deepEqual([refused.code, refused.headers[RELAY_HEADER]], ['GW40101', 'not-taken']);
  }
  const { [RELAY_HEADER]: _relay, ...plain } = open.headers;
  assert.equal((await ask(lab.certificates.open, open.path, plain)).code, 'GW40401', 'a node may speak as a node alone');
  assert.equal(
    (await ask(lab.certificates.open, open.path, { ...open.headers, [RELAY_HEADER]: 'ip=nobody' })).headers[RELAY_HEADER],
    'not-taken',
  );
  assert.equal(inner.calls.length, before);
});

test('the plan that is handed out holds no secret of a caller, of the platform or of what lies behind', async () => {
  const handed = (await lab.connect([inner.gateway.port], lab.certificates.open).newer(0))!;
  assert.deepEqual(
    handed.interfaces.map(({ interfaceId }) => interfaceId),
    ['ifc_book', 'ifc_read', 'ifc_strict', 'ifc_short', 'ifc_put_down', 'ifc_ledger'],
  );
  const text = JSON.stringify(handed);
  for (const secret of [lab.hmac.document.secret!, lab.plan.platformKey.privatePem!.slice(40, 80), 'PRIVATE KEY', 'ifc_district'])
    assert.ok(!text.includes(secret));
  assert.equal(await lab.connect([inner.gateway.port], lab.certificates.open).newer(lab.plan.number), undefined);
  await assert.rejects(lab.connect([inner.gateway.port], lab.certificates.strange).newer(0), { code: 'FORWARD_NOT_TAKEN' });
  for (const file of await readdir(dmz.logFolder)) assert.ok(!(await readFile(join(dmz.logFolder, file), 'utf8')).includes('"in"'));
});
