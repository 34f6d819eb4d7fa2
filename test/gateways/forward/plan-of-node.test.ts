/** What a plan that is handed to a gateway in the DMZ tells of callers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForwardNode } from '../../../gateways/settings.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { planOfNode } from '../../../gateways/forward/plan-of-node.ts';

const app = (appId: string) => ({ appId, name: { 'zh-CN': appId, en: appId } });
const key = (appId: string) => ({ appId, keyId: `key-of-${appId}`, publicPem: `pem of ${appId}` });
const served = (interfaceId: string, front: string, domain: string) => ({
  interfaceId,
  front,
  domain,
  target: { kind: 'flow', flowId: 'flw_x' },
});
const grant = (appId: string, interfaceId: string) => ({ grantId: `grt_${appId}_${interfaceId}`, appId, interfaceId });
const PLAN = {
  ...{
    number: 1,
    madeAt: 0,
    userTokenKeys: [],
    busConsumers: [],
    defaultAppId: 'default',
    platformKey: { keyId: 'p', scheme: 'SM2-SM3', publicPem: '' },
  },
  interfaces: [served('ifc_there', 'open', 'a'), served('ifc_bus', 'bus', 'a'), served('ifc_other', 'open', 'b')],
  apps: ['granted', 'inside', 'elsewhere', 'nobody', 'default'].map(app),
  keys: ['granted', 'inside', 'elsewhere', 'nobody'].map(key),
  grants: [grant('granted', 'ifc_there'), grant('inside', 'ifc_bus'), grant('elsewhere', 'ifc_other')],
} as unknown as GatewayPlan;

test('a gateway in the DMZ is handed the apps and keys with a grant for one of its own interfaces, and no others', () => {
  const handed = planOfNode(PLAN, { front: 'open', domains: ['a'] } as unknown as ForwardNode);
  assert.deepEqual(
    handed.apps.map(({ appId }) => appId),
    ['granted'],
  );
  assert.deepEqual(
    handed.keys.map(({ keyId }) => keyId),
    ['key-of-granted'],
  );
  assert.ok(
    !/inside|elsewhere|nobody/.test(JSON.stringify({ ...handed, interfaces: handed.interfaces.map(({ interfaceId }) => interfaceId) })),
  );
});

test('it has the platform’s public keys, and no private half of any', () => {
  const platformKeys = [
    { keyId: 'p2', use: 'encrypt', algorithm: 'SM2', state: 'ACTIVE', publicPem: 'public', privatePem: 'SECRET', madeAt: 0 },
  ];
  const encryptionKeys = [{ appId: 'granted', keyId: 'e1' }];
  const plan = { ...PLAN, platformKeys, encryptionKeys } as unknown as GatewayPlan;
  const handed = planOfNode(plan, { front: 'open', domains: ['a'] } as unknown as ForwardNode);
  assert.deepEqual([handed.platformKeys!.map(({ publicPem }) => publicPem), handed.encryptionKeys], [['public'], undefined]);
  assert.equal(JSON.stringify(handed).includes('SECRET'), false);
});

test('it has the address lists of its domains and of the installation, without the reasons that people wrote', () => {
  const list = (listId: string, fields: object) => ({ listId, entries: [{ range: '10.0.0.1', reason: 'WRITTEN' }], ...fields });
  const ipLists = [list('ipl_all', {}), list('ipl_own', { domain: 'a' }), list('ipl_far', { domain: 'b' })];
  const handed = planOfNode({ ...PLAN, ipLists } as unknown as GatewayPlan, { front: 'open', domains: ['a'] } as unknown as ForwardNode);
  assert.deepEqual(
    handed.ipLists!.map(({ listId }) => listId),
    ['ipl_all', 'ipl_own'],
  );
  assert.equal(JSON.stringify(handed).includes('WRITTEN'), false);
});
