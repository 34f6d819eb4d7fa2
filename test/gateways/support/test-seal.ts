import { createHmac } from 'node:crypto';
import { createNodeSeal } from '../../../gateways/plan/create-node-seal.ts';
import type { PolicyDeps } from '../../../gateways/contract.ts';

/** Seals what gateways of a test share; all of them have its key. */
export const testSeal = createTestSeal(Buffer.alloc(32, 7));

export function createTestSeal(key: Uint8Array): PolicyDeps['sharedSeal'] {
  return {
    ...createNodeSeal(key),
    token: (name, value) => createHmac('sha256', key).update(`${name}\n${value}`).digest('base64url'),
  };
}
