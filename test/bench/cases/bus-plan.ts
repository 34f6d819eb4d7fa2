import { createHash } from 'node:crypto';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan } from '../../gateways/support/city-plan.ts';

const TOKEN = 'a-token-of-the-hospital-information-system';

/** What the one consumer of `busPlan` sends. */
export const BUS_AUTHORIZATION = `Bearer ${TOKEN}`;

/** A plan of interfaces of the bus front, with one consumer that may call them all. */
export async function busPlan(interfaces: readonly Partial<InterfaceDocument>[]): Promise<GatewayPlan> {
  const documents = interfaces.map((fields) => buildInterface({ front: 'bus', ...fields }));
  const plan = await buildPlan([], documents, {
    busConsumers: [{ appId: 'his', tokenDigest: createHash('sm3').update(TOKEN).digest('hex') }],
  });
  const grants = documents.map(({ interfaceId }, i) => ({ grantId: `grt_his_${i}`, revision: 1, appId: 'his', interfaceId }));
  return { ...plan, apps: [...plan.apps, { ...plan.apps[0]!, appId: 'his' }], grants: [...plan.grants, ...grants] };
}
