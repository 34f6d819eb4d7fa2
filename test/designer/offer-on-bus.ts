/** A flow of a test that internal systems call at the bus of the running city. */
import assert from 'node:assert/strict';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { until, type City } from '../support/city.ts';
import { busInterface } from '../support/platform-api.ts';

/** Publishes it, offers it, and returns what sends it a message. */
export async function offerOnBus(city: City, flow: FlowDocument): Promise<(body: unknown) => Promise<void>> {
  await city.admin('PUT', `/flows/${flow.flowId}`, flow);
  await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
  const offered = busInterface(flow.flowId);
  await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
  const security = await city.person(['security-admin']);
  const grantId = offered.interfaceId.replace('ifc_', 'grt_');
  const grant = { grantId, revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
  assert.equal((await security.call('PUT', `/grants/${grantId}`, grant)).status, 200);
  return async (body) => {
    const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
    // The plan with the grant reaches the gateway within a second.
    await until('the bus takes it', async () => {
      const { status } = await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return status < 400;
    });
  };
}
