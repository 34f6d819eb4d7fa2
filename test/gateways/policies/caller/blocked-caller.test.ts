import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockedText, type BlockedCaller } from '../../../../gateways/documents/blocked-caller.ts';
import blockedCaller from '../../../../gateways/policies/caller/blocked-caller.policy.ts';
import { crypto } from '../../support/city-plan.ts';
import { runPolicy } from '../../support/run-policy.ts';

const KEY = Buffer.alloc(32, 7);

function blocked(kind: BlockedCaller['kind'], id: string, fields: Partial<BlockedCaller> = {}): BlockedCaller {
  const digest = Buffer.from(crypto.hmac('sm3', KEY, blockedText(kind, id))).toString('hex');
  return { blockId: 'ban_1', revision: 1, kind, digest, reason: 'a test', createdAt: 0, ...fields };
}

interface Call {
  readonly sub?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly raw?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly now?: number;
}

async function codeFor(
  entries: readonly BlockedCaller[],
  { sub = 'citizen-1', claims = {}, raw = [], options = {}, now = 1000 }: Call = {},
) {
  const run = await runPolicy(blockedCaller, {
    ...{ front: 'user', options, raw, now },
    plan: { blockedCallers: { key: KEY.toString('base64url'), entries } },
    exchange: { user: { iss: 'https://id.example', sub, ...claims } },
  });
  return run.error?.code;
}

test('refuses a blocked user until the entry expires, and nobody else', async () => {
  const entries = [blocked('user', 'citizen-1', { expiresAt: 2000 })];
  assert.equal(await codeFor(entries), 'GW40306');
  assert.equal(await codeFor(entries, { now: 2000 }), undefined);
  assert.equal(await codeFor(entries, { sub: 'citizen-2' }), undefined);
  assert.equal(await codeFor([blocked('device', 'citizen-1')]), undefined, 'a device of this name is no user');
});

test('a user of one issuer is not the user of another with the same subject', async () => {
  assert.equal(await codeFor([blocked('user', 'citizen-1', { issuer: 'https://id.example' })]), 'GW40306');
  assert.equal(await codeFor([blocked('user', 'citizen-1', { issuer: 'https://other.example' })]), undefined);
});

test('refuses a blocked device by its header, and by the claim of the token if tokens are bound to devices', async () => {
  const entries = [blocked('device', 'phone-1')];
  assert.equal(await codeFor(entries, { raw: ['X-Device-Id', 'phone-1'] }), 'GW40306');
  assert.equal(await codeFor(entries, { raw: ['X-Device-Id', 'phone-2'] }), undefined);
  assert.equal(await codeFor(entries, { raw: ['X-Phone', 'phone-1'], options: { deviceHeader: 'X-Phone' } }), 'GW40306');
  const bound = { options: { deviceClaim: 'device_id' }, claims: { device_id: 'phone-1' } };
  assert.equal(await codeFor(entries, bound), 'GW40306', 'leaving the header out does not help');
  assert.equal(await codeFor(entries, { ...bound, raw: ['X-Device-Id', 'phone-2'] }), 'GW40001', 'nor does another header');
});

test('a device that must be named is named once', async () => {
  const options = { requiresDevice: true };
  assert.equal(await codeFor([], { options }), 'GW40001');
  assert.equal(await codeFor([], { options, raw: ['X-Device-Id', 'phone-1', 'X-Device-Id', 'phone-2'] }), 'GW40001');
  assert.equal(await codeFor([], { options, raw: ['X-Device-Id', 'phone-1'] }), undefined);
});
