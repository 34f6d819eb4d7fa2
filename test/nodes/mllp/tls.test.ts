import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { connect as connectPlain } from 'node:net';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { listenTrigger, type ListeningTrigger } from '../../../engine/testing/listen-trigger.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import mllpListen from '../../../nodes/mllp/listen.node.ts';
import mllpSend from '../../../nodes/mllp/send.node.ts';
import { createAuthority, type Certificate } from '../../support/certificates.ts';
import { admission, frame, openSender, portLogger } from './peers.ts';

const { ca, issue } = await createAuthority();
const server = await issue('127.0.0.1');
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

async function listen(t: TestContext, peers: readonly string[]): Promise<{ readonly trigger: ListeningTrigger; readonly port: number }> {
  const logged = portLogger();
  const settings = { listen: { host: '127.0.0.1', port: 0 }, listenTls: true, peers, idleTimeoutMs: 5000 };
  const trigger = await listenTrigger(mllpListen, { adapter: { settings }, tls: { ...server, ca }, log: logged.log });
  t.after(() => trigger.stop());
  return { trigger, port: logged.port() };
}

/** What a sender with this certificate gets: the answer, or undefined when it is refused. */
async function sendAs(port: number, certificate: Partial<Certificate>, options: ConnectionOptions = {}): Promise<string | undefined> {
  const sender = await openSender(connect({ host: '127.0.0.1', port, ca, ...certificate, ...options }), 'secureConnect');
  sender.socket.write(frame(admission('M1')));
  const [ack] = await sender.received(1);
  sender.socket.destroy();
  return ack;
}

test('a peer named by its certificate is served, any other is refused', async (t) => {
  const { trigger, port } = await listen(t, ['cn:his-a']);
  const foreign = await createAuthority();
  assert.match((await sendAs(port, await issue('his-a')))!, /MSA\|AA\|M1/);
  assert.equal(await sendAs(port, await issue('his-b')), undefined);
  assert.equal(await sendAs(port, {}), undefined);
  assert.equal(await sendAs(port, await foreign.issue('his-a')), undefined);
  assert.equal(trigger.arrivals.length, 1);
});

test('a peer named by its address needs no certificate, and plain bytes on a TLS port are cut off', async (t) => {
  const { trigger, port } = await listen(t, ['127.0.0.0/8']);
  assert.match((await sendAs(port, {}))!, /MSA\|AA\|M1/);
  const plain = await openSender(connectPlain(port, '127.0.0.1'), 'connect');
  plain.socket.write(frame(admission('M2')));
  await plain.closed;
  assert.equal(trigger.arrivals.length, 1);
});

test('TLS 1.1 is refused', async (t) => {
  const { port } = await listen(t, ['127.0.0.1']);
  await assert.rejects(sendAs(port, {}, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }));
});

test('stopping does not wait for a handshake that never ends', async (t) => {
  const { trigger, port } = await listen(t, ['127.0.0.1']);
  const plain = await openSender(connectPlain(port, '127.0.0.1'), 'connect');
  await trigger.stop();
  await plain.closed;
});

test('the send node checks the certificate of the hospital and shows its own', async (t) => {
  const { trigger, port } = await listen(t, ['cn:bus']);
  const bus = await issue('bus');
  const settings = { host: '127.0.0.1', port, idleCloseMs: 100 };
  const secrets = { '': `${bus.cert}\n${bus.key}` };
  const send = (tls: object) =>
    runNode(mllpSend, { adapter: { settings: { ...settings, tls }, limits: { timeoutMs: 2000 } }, secrets, data: admission('M1') });
  const outcome = await send({ ca, clientCertificate: true });
  assert.ok('emit' in outcome);
  await assert.rejects(send({ clientCertificate: true }), isCode('MLLP_CONNECT_FAILED'));
  await assert.rejects(send({ ca, clientCertificate: true, serverName: 'other.example' }), isCode('MLLP_CONNECT_FAILED'));
  await assert.rejects(send({ ca }), isCode('MLLP_CONNECTION_LOST'));
  assert.equal(trigger.arrivals.length, 1);
});
