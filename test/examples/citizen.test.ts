import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { importSPKI, jwtVerify } from 'jose';
import { createCitizen } from '../../examples/city/citizen/citizen.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { startSmallGateway } from '../sdk/small-gateway.ts';

interface Pair {
  readonly privatePem: string;
  readonly publicPem: string;
}

test('the citizens book with a signature and ask with a token, again and again', async (t) => {
  const crypto = createSoftwareCrypto();
  const app = (await crypto.generateKey('SM2-SM3')) as Pair;
  const issuer = (await crypto.generateKey('ES256')) as Pair;
  const open = await startSmallGateway({ 'A10021/k1': { scheme: 'SM2-SM3', publicPem: app.publicPem } });
  const user = createServer((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    void importSPKI(issuer.publicPem, 'ES256')
      .then((key) => jwtVerify(token, key, { issuer: 'ssb', audience: 'bus' }))
      .then(({ payload, protectedHeader }) =>
        response.end(JSON.stringify({ sub: payload.sub, kid: protectedHeader.kid, path: request.url })),
      )
      .catch(() => response.writeHead(401).end('{}'));
  });
  await new Promise<void>((resolve) => user.listen(0, '127.0.0.1', resolve));
  const citizen = createCitizen({
    open: { baseUrl: open.url, appId: 'A10021', keyId: 'k1', scheme: 'SM2-SM3', key: app.privatePem, platformKeys: open.platformKeys },
    user: {
      baseUrl: `http://127.0.0.1:${(user.address() as AddressInfo).port}`,
      kid: 'u1',
      issuer: 'ssb',
      audience: 'bus',
      privatePem: issuer.privatePem,
    },
    intervalMs: 20,
  });
  t.after(async () => {
    await citizen.stop();
    await open.stop();
    user.close();
  });

  const booked = await citizen.book(2, 'bk-2');
  assert.equal(booked.verified, true);
  const { body } = booked.json() as { body: string };
  assert.deepEqual(JSON.parse(body), {
    hospital: 'A',
    department: '03',
    date: '2026-01-05',
    patient: { patientId: 'P000002', name: '虚构丙甲', idNumber: '310000195203030038', mobile: '19900000002' },
  });
  assert.deepEqual(await citizen.queryReports(6), { status: 200, body: { sub: 'P000006', kid: 'u1', path: '/user/v1/reports' } });
  while ((citizen.state().queries['200'] ?? 0) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok((citizen.state().bookings['200'] ?? 0) > 0);
});
