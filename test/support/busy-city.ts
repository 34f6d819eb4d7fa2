/** The example city after some work: calls that went well and that failed, messages that wait for a person. What pages are looked at with. */
import assert from 'node:assert/strict';
import { booking, until, type City } from './city.ts';
import { busInterface, chainFlow } from './platform-api.ts';

/** A person who occurs in calls and nowhere else. */
export const PATIENT = { patientId: 'P987613', name: '欧阳璇玑', idNumber: '310199196702308518', mobile: '19987650431' } as const;

export interface Work {
  /** A booking that went well. */
  readonly completed: string;
  readonly held: string;
}

export async function makeWork(city: City): Promise<Work> {
  for (const [index, hospital] of ['A', 'B', 'nowhere'].entries())
    await city.app.fetch('/open/v1/appointments', { body: { ...booking(hospital), patient: PATIENT }, idempotencyKey: `work-${index}` });
  await city.reports(PATIENT.patientId);
  const path = await offerHeldFlow(city);
  const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
  for (const note of ['', '二']) {
    const body = JSON.stringify({ ...PATIENT, note });
    await until(
      'the interface is served',
      async () => (await city.send(`${city.bus}${path}`, { method: 'POST', headers, body })).status === 202,
    );
  }
  const [held = ''] = await executions(city, '/held', 2);
  const [completed = ''] = await executions(city, '/executions?flowId=flw_appointment&status=completed', 1);
  return { completed, held };
}

async function executions(city: City, path: string, least: number): Promise<readonly string[]> {
  return until(`there are executions under ${path}`, async () => {
    const { items } = (await city.admin('GET', path)) as { items: { executionId: string }[] };
    return items.length >= least && items.map(({ executionId }) => executionId);
  });
}

/** Durable, and its other side does not respond; returns the path of its interface. */
async function offerHeldFlow(city: City): Promise<string> {
  const name = { 'zh-CN': '转诊上报', en: 'Report a referral' };
  const call = {
    type: 'http.call@1',
    label: '上报',
    adapter: 'adp_silent',
    config: { method: 'POST', path: '/referrals' },
    handling: { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: [] } },
  };
  const ingress = { keys: { patient: 'data.body.patientId', idNumber: 'data.body.idNumber' } };
  const flow = chainFlow('flw_referral', [call], { name, mode: 'durable', ingress });
  const document = busInterface('flw_referral', { name });
  const grant = { grantId: 'grt_referral', revision: 0, appId: 'B20001', interfaceId: document.interfaceId };
  await city.admin('PUT', '/adapters/adp_silent', {
    adapterId: 'adp_silent',
    revision: 0,
    name: { 'zh-CN': '无人应答', en: 'Nobody answers' },
    protocol: 'http',
    owner: 'test',
    domain: 'sh-city',
    environments: { DEV: { baseUrl: 'http://127.0.0.1:1' } },
  });
  await city.admin('PUT', '/flows/flw_referral', flow);
  await city.admin('POST', '/flows/flw_referral/publish', {});
  await city.admin('PUT', `/interfaces/${document.interfaceId}`, document);
  const security = await city.person(['security-admin']);
  assert.equal((await security.call('PUT', '/grants/grt_referral', grant)).status, 200);
  return document.path;
}
