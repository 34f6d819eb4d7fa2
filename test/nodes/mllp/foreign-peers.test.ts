import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { listenTrigger, type ListeningTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import mllpListen from '../../../nodes/mllp/listen.node.ts';
import mllpSend from '../../../nodes/mllp/send.node.ts';
import { readHl7 } from '../../../nodes/shared/hl7/message.ts';
import { getHl7 } from '../../../nodes/shared/hl7/paths.ts';
import { createAuthority } from '../../support/certificates.ts';
import { prepareHapi, runHapiClient, startHapiServer } from '../../servers/hapi.ts';
import { preparePythonPeer, runPythonPeer } from '../../servers/python-hl7.ts';
import { admission, portLogger } from './peers.ts';

/** False when the peer cannot be had: the test is then skipped by name, which CI counts as a failure. */
function isThere(t: TestContext, missing: string | undefined): boolean {
  if (missing !== undefined) t.skip(missing);
  return missing === undefined;
}

/** What a sync flow replies: the patient asked for, or the order taken. */
function replyTo({ message }: Arrival): ArrivalResult {
  const request = readHl7(message.data as string);
  const isQuery = getHl7(request, 'MSH-9.1') === 'QBP';
  const data = isQuery
    ? {
        MSH: [{ f9: [{ c1: 'RSP', c2: 'K22' }] }],
        QAK: [{ f1: getHl7(request, 'QPD-2'), f2: 'OK' }],
        PID: [{ f3: '7', f5: [{ c1: '张', c2: '慭龘' }] }],
      }
    : { MSH: [{ f9: [{ c1: 'ORR', c2: 'O02' }] }], ORC: [{ f1: 'OK', f2: getHl7(request, 'ORC-2') }] };
  return { status: 'replied', executionId: 'exe_1', reply: { status: 200, headers: {}, message: createMessage(data) } };
}

async function listen(
  t: TestContext,
  charset: string,
  options: Partial<ListenTriggerOptions> = {},
): Promise<{ readonly trigger: ListeningTrigger; readonly port: number }> {
  const logged = portLogger();
  const adapter = { settings: { listen: { host: '127.0.0.1', port: 0 }, peers: ['127.0.0.1'] }, charset };
  const trigger = await listenTrigger(mllpListen, { adapter, log: logged.log, ...options });
  t.after(() => trigger.stop());
  return { trigger, port: logged.port() };
}

const namesOf = ({ arrivals }: ListeningTrigger) =>
  new Set(arrivals.map(({ message }) => getHl7(readHl7(message.data as string), 'PID-5.2')));

test('HAPI sends one by one and pipelined, and every message arrives once and is acknowledged', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, prepareHapi())) return;
  for (const mode of ['send', 'pipe'] as const) {
    const { trigger, port } = await listen(t, 'GB18030');
    const { code, output } = await runHapiClient(mode, port, 'GB18030', 100);
    assert.equal(code, 0, output);
    assert.deepEqual(
      trigger.arrivals.map(({ message }) => message.headers['hl7-control-id']),
      Array.from({ length: 100 }, (_, index) => `ID${index}`),
    );
    assert.deepEqual(namesOf(trigger), new Set(['慭&']));
  }
});

test('HAPI asks and orders, and reads the replies that a sync flow gives', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, prepareHapi())) return;
  const { port } = await listen(t, 'GB18030', { replies: true, onArrival: replyTo });
  const { code, output } = await runHapiClient('ask', port, 'GB18030', 50);
  assert.equal(code, 0, output);
});

test('a query and an order to HAPI give its whole reply', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, prepareHapi())) return;
  const hapi = await startHapiServer('GB18030');
  t.after(() => hapi.stop());
  const adapter = { settings: { host: '127.0.0.1', port: hapi.port, idleCloseMs: 100 }, charset: 'GB18030', limits: { timeoutMs: 10_000 } };
  const ask = async (type: string, content: string) => {
    const data = `MSH|^~\\&|GW|平台|HIS|协和医院|20261124||${type}|Q1|P|2.4||||||GB 18030-2000\r${content}\r`;
    const outcome = await runNode(mllpSend, { adapter, data, config: { emits: 'response' } });
    assert.ok('emit' in outcome);
    const { data: text, mediaType, charset } = outcome.emit!['ok']![0]!;
    assert.deepEqual([mediaType, charset], ['application/hl7-v2', 'GB18030']);
    return readHl7(text as string);
  };
  const answer = await ask('QBP^Q22', 'QPD|Q22|Q1|@PID.3.1^7');
  assert.deepEqual(
    ['MSH-9.1', 'MSA-1', 'PID-5.2'].map((place) => getHl7(answer, place)),
    ['RSP', 'AA', '慭龘'],
  );
  assert.equal(getHl7(await ask('ORM^O01', 'PID|1||7\rORC|NW|P1'), 'ORC-1'), 'OK');
});

/** A folder with the certificate of the hospital, as HAPI takes it. */
async function tlsFolder(t: TestContext) {
  const { ca, issue } = await createAuthority();
  const folder = await mkdtemp(join(tmpdir(), 'kq-hapi-'));
  t.after(() => rm(folder, { recursive: true }));
  const hospital = await issue('127.0.0.1');
  for (const [name, content] of Object.entries({ ca, cert: hospital.cert, key: hospital.key }))
    await writeFile(join(folder, `${name}.pem`), content);
  return { ca, issue, folder };
}

test(
  'over TLS with certificates on both sides, HAPI reads the replies of a sync flow, in the enhanced mode too',
  { timeout: 180_000 },
  async (t) => {
    if (!isThere(t, prepareHapi())) return;
    const { ca, issue, folder } = await tlsFolder(t);
    for (const [mode, count] of [
      ['ask', 20],
      ['enhanced', 20],
      ['send', 20],
    ] as const) {
      const logged = portLogger();
      const settings = { listen: { host: '127.0.0.1', port: 0 }, listenTls: true, peers: ['cn:127.0.0.1'] };
      const options = mode === 'send' ? {} : { replies: true, onArrival: replyTo };
      const adapter = { settings, charset: 'GB18030' };
      const trigger = await listenTrigger(mllpListen, { adapter, tls: { ...(await issue('127.0.0.1')), ca }, log: logged.log, ...options });
      t.after(() => trigger.stop());
      const { code, output } = await runHapiClient(mode, logged.port(), 'GB18030', count, folder);
      assert.equal(code, 0, `${mode}: ${output}`);
      assert.equal(trigger.arrivals.length, count);
    }
  },
);

test(
  'over TLS, a query to HAPI gives its reply, and in the enhanced mode after the accept acknowledgement',
  { timeout: 180_000 },
  async (t) => {
    if (!isThere(t, prepareHapi())) return;
    const { ca, issue, folder } = await tlsFolder(t);
    const bus = await issue('bus');
    const secrets = { '': `${bus.cert}\n${bus.key}` };
    for (const mode of ['server', 'enhanced-server'] as const) {
      const hapi = await startHapiServer('GB18030', mode, folder);
      t.after(() => hapi.stop());
      const settings = { host: '127.0.0.1', port: hapi.port, idleCloseMs: 100, tls: { ca, clientCertificate: true } };
      // The first handshake of a Java process takes its time.
      const adapter = { settings, charset: 'GB18030', limits: { connectTimeoutMs: 30_000, timeoutMs: 30_000 } };
      const conditions = mode === 'server' ? '|||' : '||AL|AL';
      const data = `MSH|^~\\&|GW|平台|HIS|协和医院|20261124||QBP^Q22|Q1|P|2.4|${conditions}||GB 18030-2000\rQPD|Q22|Q1|@PID.3.1^7\r`;
      const outcome = await runNode(mllpSend, { adapter, secrets, data, config: { emits: 'response', waitFor: 'application' } });
      assert.ok('emit' in outcome);
      const answer = readHl7(outcome.emit!['ok']![0]!.data as string);
      const places = ['MSH-9.1', 'MSA-1', 'PID-5.2'].map((place) => getHl7(answer, place));
      assert.deepEqual(places, ['RSP', 'AA', '慭龘'], mode);
    }
  },
);

test('HAPI receives a message in GB18030, acknowledges it, and its refusal is an error', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, prepareHapi())) return;
  const hapi = await startHapiServer('GB18030');
  t.after(() => hapi.stop());
  const adapter = { settings: { host: '127.0.0.1', port: hapi.port, idleCloseMs: 100 }, charset: 'GB18030', limits: { timeoutMs: 10_000 } };
  const outcome = await runNode(mllpSend, { adapter, data: admission('M1', '慭龘') });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as { code: string }).code, 'AA');
  assert.match(hapi.output(), /RECEIVED [A-Z2-7]{20} 慭龘/);
  await assert.rejects(
    runNode(mllpSend, { adapter, data: admission('M2', '拒') }),
    (error) => error instanceof AppError && error.code === 'MLLP_REFUSED',
  );
});

test('python-hl7 sends in GBK and in UTF-8, and hl7apy finds the answer good', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, preparePythonPeer())) return;
  for (const charset of ['GBK', 'UTF-8']) {
    const { trigger, port } = await listen(t, charset);
    const { code, output } = await runPythonPeer(port, charset);
    assert.equal(code, 0, output);
    assert.match(output, /MSA AA PY1\s+hl7apy AA/);
    assert.deepEqual(namesOf(trigger), new Set(['慭']));
  }
});
