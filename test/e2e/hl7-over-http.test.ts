/** HL7 over HTTP with a foreign hospital (HAPI's own library), both ways on the real process. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cityFiles } from '../../examples/city/load-city.ts';
import { prepareHoh, runHohClient, startHohServer } from '../servers/hoh.ts';
import type { ServerProcess } from '../servers/start-process.ts';
import { chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const absent = prepareHoh();
if (process.env.CI === 'true') assert.equal(absent, undefined);
const skip = absent ?? false;

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let hospital: ServerProcess;

before(async () => {
  if (skip !== false) return;
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
  hospital = await startHohServer();
});
after(async () => {
  await hospital?.stop();
  await api?.close();
  platform?.process.kill('SIGKILL');
  if (scratch !== undefined) await removeScratch(scratch);
});

test('a hospital sends admissions in UTF-8 and GB18030 and reads the ACKs', { skip }, async () => {
  const flow = chainFlow('flw_hl7_http', [
    { type: 'transform.set@1', config: { fields: [{ to: 'data', from: { path: 'data.body' } }] } },
    { id: 'n_parse', type: 'hl7.parse@2', config: { types: ['ADT'] } },
    { type: 'hl7.acknowledge@1', config: { emits: 'bytes' } },
  ]);
  const nodes = flow.nodes.map((node) => (node.id === 'n_reply' ? { ...node, config: { mediaType: 'application/hl7-v2' } } : node));
  await api.publish({ ...flow, nodes });
  const path = await api.offer('flw_hl7_http', { log: 'none' });
  const caFile = join(scratch, 'ca.pem');
  await writeFile(caFile, platform.ca);
  const token = await readFile(cityFiles(platform.cityFolder).busToken, 'utf8');
  for (const charset of ['UTF-8', 'GB18030'] as const) {
    const { code, output } = await runHohClient({ port: platform.ports.bus, path, charset, count: 5, token, caFile });
    assert.deepEqual([code, output.trim().split('\n').at(-1)], [0, 'ACKNOWLEDGED 5 of 5'], output);
  }
});

test('a flow sends a message to a hospital and reads its ACK, also the AE that comes with the status 500', { skip }, async () => {
  const name = { 'zh-CN': '医院', en: 'Hospital' };
  const adapter = { adapterId: 'adp_hoh', revision: 0, name, protocol: 'http', owner: 'test', domain: 'sh-city' };
  const settings = { baseUrl: hospital.address };
  await api.ask('PUT', '/adapters/adp_hoh', { ...adapter, charset: 'GB18030', environments: { DEV: settings } });
  const rules = [
    { to: 'MSH[0].f9[0].c1', from: { value: 'ADT' } },
    { to: 'MSH[0].f9[0].c2', from: { value: 'A01' } },
    { to: 'MSH[0].f10', from: { path: 'data.body.id' } },
    { to: 'MSH[0].f11', from: { value: 'P' } },
    { to: 'MSH[0].f12', from: { value: '2.4' } },
    { to: 'PID[0].f5', from: { path: 'data.body.name' } },
  ];
  const answer = (field: string, to: string) => ({ to, from: { path: `data.MSA[0].${field}[0].c1` } });
  await api.publish(
    chainFlow('flw_hoh_send', [
      { type: 'transform.map@1', config: { mapping: { rules } } },
      { type: 'hl7.serialise@1', config: {} },
      { type: 'http.call@1', adapter: 'adp_hoh', config: { method: 'POST', path: '/hl7', expect: ['200', '400', '500'] } },
      { type: 'hl7.parse@2', config: {} },
      { type: 'transform.map@1', config: { mapping: { rules: [answer('f1', 'code'), answer('f2', 'id')] } } },
    ]),
  );
  const path = await api.offer('flw_hoh_send', { log: 'none' });
  for (const [id, patient, code] of [
    ['M1', '张^慭龘', 'AA'],
    ['M2', '拒绝', 'AE'],
  ] as const) {
    const reply = await api.bus('POST', path, { id, name: patient });
    assert.deepEqual([reply.status, reply.body], [200, { code, id }]);
  }
});
