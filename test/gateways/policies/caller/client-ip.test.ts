import assert from 'node:assert/strict';
import { test } from 'node:test';
import clientIp from '../../../../gateways/policies/caller/client-ip.policy.ts';
import { runPolicy, type PolicyCase } from '../../support/run-policy.ts';

const ipOf = async (given: PolicyCase) => (await runPolicy(clientIp, given)).exchange.clientIp;

test('never believes X-Forwarded-For without trusted proxies', async () => {
  assert.equal(await ipOf({ remoteAddress: '::ffff:10.0.0.1', raw: ['X-Forwarded-For', '8.8.8.8'] }), '10.0.0.1');
});

test('takes the last address that is no trusted proxy', async () => {
  const trustedProxies = ['10.0.0.0/8', '::1'];
  assert.equal(
    await ipOf({ trustedProxies, remoteAddress: '10.0.0.1', raw: ['X-Forwarded-For', '6.6.6.6, 8.8.8.8, 10.1.1.1'] }),
    '8.8.8.8',
  );
  assert.equal(await ipOf({ trustedProxies, remoteAddress: '9.9.9.9', raw: ['X-Forwarded-For', '8.8.8.8'] }), '9.9.9.9');
  assert.equal(await ipOf({ trustedProxies, remoteAddress: '::1', raw: ['X-Forwarded-For', 'rubbish'] }), '::1');
  assert.equal(
    await ipOf({ trustedProxies, remoteAddress: '10.0.0.1', raw: ['X-Forwarded-For', '8.8.8.8', 'X-Forwarded-For', '7.7.7.7'] }),
    '10.0.0.1',
  );
});
