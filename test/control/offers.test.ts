/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHospitalB } from '../../examples/city/hospital-b/hospital-b.ts';
import { adapterTo, startHospital, startWithEngine } from './start-engine.ts';

test('a SOAP adapter is asked what its hospital offers, by who may reach it', async (t) => {
  const hospital = await createHospitalB({ port: 0 });
  const other = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await Promise.all([hospital.stop(), other.stop()]);
  });
  const http = adapterTo(other);
  const soap = adapterTo(other, { adapterId: 'adp_b', protocol: 'soap', environments: { TEST: { baseUrl: hospital.address } } });
  for (const adapter of [http, soap])
    assert.equal((await running.admin.call('PUT', `/adapters/${String(adapter['adapterId'])}`, adapter)).status, 200);
  const { status, body } = await running.admin.call('GET', '/adapters/adp_b/offers');
  assert.equal(status, 200);
  assert.deepEqual(
    body.items.map(({ name }: { name: string }) => name),
    ['Register', 'QueryReports'],
  );
  const refused = await running.admin.call('GET', '/adapters/adp_his/offers');
  assert.deepEqual([refused.status, refused.body.code], [422, 'ADAPTER_NO_OFFERS']);
  const viewer = await running.person('viewer', ['viewer']);
  assert.equal((await viewer.call('GET', '/adapters/adp_b/offers')).status, 403);
});
