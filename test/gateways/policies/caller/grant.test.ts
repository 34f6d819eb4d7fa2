import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppDocument } from '../../../../gateways/documents/caller-documents.ts';
import grant from '../../../../gateways/policies/caller/grant.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

const app: AppDocument = {
  appId: 'app',
  revision: 1,
  name: { 'zh-CN': '应用', en: 'App' },
  caller: 'c',
  state: 'active',
  windowSec: 300,
  domain: 'city',
};
const grantUntil = (expiresAt?: number) => [
  { grantId: 'grt_1', revision: 1, appId: 'app', interfaceId: 'ifc_book', ...(expiresAt === undefined ? {} : { expiresAt }) },
];
const codeFor = async (grants: ReturnType<typeof grantUntil>, who: AppDocument | undefined = app) =>
  (await runPolicy(grant, { plan: { grants }, exchange: { app: who }, now: 1000 })).error?.code;

test('needs a grant that has not expired, and an app that is active', async () => {
  assert.equal(await codeFor(grantUntil()), undefined);
  assert.equal(await codeFor(grantUntil(1001)), undefined);
  assert.equal(await codeFor(grantUntil(1000)), 'GW40301');
  assert.equal(await codeFor([]), 'GW40301');
  assert.equal(await codeFor(grantUntil(), { ...app, state: 'disabled' }), 'GW40301');
  assert.equal(await codeFor(grantUntil(), { ...app, appId: 'other' }), 'GW40301');
});
