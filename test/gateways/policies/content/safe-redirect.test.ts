import assert from 'node:assert/strict';
import { test } from 'node:test';
import safeRedirect from '../../../../gateways/policies/content/safe-redirect.policy.ts';
import { buildSafeSite } from '../../support/safe-sites.ts';
import { runPolicy } from '../../support/run-policy.ts';

async function codeFor(headers: Record<string, string>, status = 302) {
  const run = await runPolicy(safeRedirect, {
    ...{ front: 'user', plan: { safeSites: [buildSafeSite('https://pay.example.cn', { uses: ['redirect'] })] } },
    exchange: { host: 'user.example.cn', answer: { status, headers, body: undefined } },
  });
  return run.error?.code;
}

test('lets redirects within the gateway and to safe sites through', async () => {
  for (const location of ['/login', 'next?x=1', '?again', 'https://user.example.cn/x', 'https://pay.example.cn/x', '//pay.example.cn'])
    assert.equal(await codeFor({ location }), undefined, location);
  assert.equal(await codeFor({}), undefined);
  assert.equal(await codeFor({ refresh: '5' }, 200), undefined);
});

test('stops every spelling of a redirect to another site', async () => {
  const evil = [
    'https://evil.example',
    '//evil.example',
    '\\\\evil.example',
    '/\\evil.example',
    'https:\\evil.example',
    'https://pay.example.cn@evil.example',
    'https://pay.example.cn.evil.example',
    'http://pay.example.cn',
    'javascript:alert(1)',
    'data:text/html,x',
    ' https://evil.example',
    '/\t/evil.example',
    'https://',
  ];
  for (const location of evil) assert.equal(await codeFor({ location }), 'GW50201', JSON.stringify(location));
  for (const refresh of ['0; url=https://evil.example', '0;URL="//evil.example"', '0, https://evil.example'])
    assert.equal(await codeFor({ refresh }, 200), 'GW50201', refresh);
});
