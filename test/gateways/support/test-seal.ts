import { createHmac } from 'node:crypto';
import { createNodeSeal } from '../../../gateways/plan/create-node-seal.ts';
import type { PolicyDeps } from '../../../gateways/contract.ts';

const KEY = Buffer.alloc(32, 7);

/** Seals what gateways of a test share; all of them have its key. */
export const testSeal: PolicyDeps['sharedSeal'] = {
  ...createNodeSeal(KEY),
  token: (name, value) => createHmac('sha256', KEY).update(`${name}\n${value}`).digest('base64url'),
};
