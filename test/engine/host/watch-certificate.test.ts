import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { test } from 'node:test';
import { watchCertificate } from '../../../engine/host/watch-certificate.ts';
import { createLogger } from '../../../engine/host/logger.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { eventually } from '../../conformance/eventually.ts';
import { buildInterface, buildPlan } from '../../gateways/support/city-plan.ts';
import { makeCertificate, startGateway } from '../../gateways/support/start-gateway.ts';

test('a renewed certificate serves new connections; a wrong one leaves the old one in use', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [first, second, third] = await Promise.all([makeCertificate(), makeCertificate(), makeCertificate()]);
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const write = async (cert: string, key: string) => void (await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]));
  await write(first.cert, first.key);
  const { gateway, stop } = await startGateway(await buildPlan([], [buildInterface()]), { settings: { tls: first } });
  t.after(stop);
  const lines: string[] = [];
  const clock = fakeClock();
  const log = createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) });
  t.after(watchCertificate({ certFile, keyFile, current: first, clock, log, onChange: (pair) => gateway.renewTls(pair) }));
  const look = async (event: string) => {
    const before = lines.length;
    await clock.advance(10_000);
    await eventually(() => Promise.resolve(lines.slice(before).some((line) => line.includes(event))));
  };
  const open = connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => open.once('secureConnect', resolve));
  t.after(() => open.destroy());

  await write(second.cert, first.key);
  await look('tls.not-renewed');
  assert.equal(await served(gateway.port), first.cert.trim());
  await write('no certificate', 'no key');
  await look('tls.not-renewed');
  assert.equal(await served(gateway.port), first.cert.trim());
  await write(third.cert, third.key);
  await look('tls.renewed');
  assert.equal(await served(gateway.port), third.cert.trim());
  assert.equal(open.destroyed, false, 'connections stay open');
});

/** The certificate of a new connection, as PEM. */
function served(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!.toString().trim());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
