// @never-rerun: a single failure is a failure.
/** A gateway in the DMZ as a separate process, in front of a platform that is killed. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CITY_APP, CITY_KEY_ID, cityFiles } from '../../examples/city/load-city.ts';
import { createSigningClient, type SigningClient } from '../../sdk/public.ts';
import { makeCertificate } from '../gateways/support/start-gateway.ts';
import { freePort } from '../servers/free-port.ts';
import { startRole, type RoleProcess } from '../support/apart.ts';
import type { City } from '../support/city.ts';
import { runCommand, type Platform } from '../support/platform-process.ts';
import { bookingsOf, openBookingCity, patientId, until, type BookingCity } from './kill-bookings.ts';

let certificates: string;
let bookings: BookingCity;
let platform: Platform;
let city: City;
let environment: Readonly<Record<string, string>>;
let dmz: RoleProcess;
let app: SigningClient;
let port: number;

before(async () => {
  port = await freePort();
  certificates = await mkdtemp(join(tmpdir(), 'kq-dmz-'));
  const { key, cert } = await makeCertificate();
  const [certFile, keyFile] = [join(certificates, 'dmz.crt'), join(certificates, 'dmz.key')];
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]);
  bookings = await openBookingCity({ KQ_FORWARD_NODES: `open:sh-city@${new X509Certificate(cert).fingerprint256}` });
  ({ platform, city } = await bookings.start());
  await cp(join(platform.dataFolder, 'tls'), join(bookings.scratch, 'dmz', 'tls'), { recursive: true });
  environment = {
    KQ_FORWARD_TO: `https://localhost:${platform.ports.bus}`,
    KQ_FORWARD_CERT_FILE: certFile,
    KQ_FORWARD_KEY_FILE: keyFile,
    KQ_FORWARD_CA_FILE: join(bookings.scratch, 'dmz', 'tls', 'ca.crt'),
  };
  const { platformKey } = (await city.admin('GET', '/overview')) as { platformKey: { keyId: string; publicPem: string } };
  app = createSigningClient({
    ...{ baseUrl: `https://127.0.0.1:${port}`, appId: CITY_APP, keyId: CITY_KEY_ID, scheme: 'SM2-SM3' },
    key: await readFile(cityFiles(platform.cityFolder).appKey, 'utf8'),
    platformKeys: { [platformKey.keyId]: platformKey.publicPem },
    ca: platform.ca,
  });
  await startDmz();
});
after(async () => {
  dmz?.child.kill('SIGKILL');
  await app?.close();
  await bookings?.stop();
  await rm(certificates, { recursive: true, force: true });
});

async function startDmz(): Promise<void> {
  dmz = startRole(bookings.scratch, 'dmz', ['gateway', '--front', 'open', '--flows', 'forward', '--open-port', String(port)], environment);
  await dmz.says(/gateway\.ready/);
}

function book(patient: number) {
  const body = { hospital: 'A', department: '01', date: '2026-12-01', patient: { patientId: patientId(patient), name: '虚构甲' } };
  return app.fetch('/open/v1/appointments', { idempotencyKey: `dmz-${patient}`, body });
}

const codeOf = (answer: { json(): unknown }) => (answer.json() as { code?: string }).code;

test('books through the DMZ, answered and signed inside, with no key, store or secret on its disk', async () => {
  const booked = await book(1);
  assert.deepEqual([booked.status, booked.verified], [201, true], dmz.output());
  const again = await book(1);
  assert.deepEqual([again.json(), again.headers['x-kq-idempotent-replay']], [booked.json(), 'true']);
  assert.equal(bookingsOf(bookings, 1), 1);
  const beside = await readdir(bookings.scratch);
  assert.ok(beside.includes('dmz.kek.node') && !beside.includes('dmz.kek'), beside.join(' '));
  assert.deepEqual(await readdir(join(bookings.scratch, 'dmz', 'store')), []);
});

test('with the platform killed in mid-call the write is unknown, then refused while it is down, and never done twice', async () => {
  await city.trouble(1, { delayMs: 2_000 });
  const lost = book(2);
  await until(() => bookingsOf(bookings, 2) === 1, 'the booking arrives at the hospital');
  await platform.end('SIGKILL');
  assert.deepEqual([codeOf(await lost), (await lost).verified], ['GW50402', false]);
  const refused = await book(3);
  assert.deepEqual([refused.status, codeOf(refused), Number(refused.headers['retry-after']) >= 1], [503, 'GW50305', true]);
  await city.trouble(1, { delayMs: 0 });
  ({ platform, city } = await bookings.start());
  await until(async () => codeOf(await book(2)) === 'GW50402', 'the store knows of the unknown outcome');
  assert.equal(bookingsOf(bookings, 2), 1);
  assert.equal((await book(3)).status, 201, 'and the DMZ went on by itself');
});

test('starts from the plan that it keeps while nothing inside runs', async () => {
  await dmz.end('SIGTERM');
  await platform.end('SIGTERM');
  await startDmz();
  const refused = await book(4);
  assert.deepEqual([refused.status, codeOf(refused)], [503, 'GW50305']);
  ({ platform, city } = await bookings.start());
  assert.equal((await book(4)).status, 201);
});

test('what cannot hand over says so at its start', async () => {
  const bus = await runCommand(['--data', join(bookings.scratch, 'dmz'), 'gateway', '--front', 'bus', '--flows', 'forward']);
  assert.notEqual(bus.code, 0);
  for (const name of ['KQ_FORWARD_TO', 'KQ_FORWARD_CERT_FILE', 'KQ_FORWARD_KEY_FILE', 'KQ_FORWARD_CA_FILE'])
    assert.ok(bus.stderr.includes(name));
});
