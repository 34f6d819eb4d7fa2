import assert from 'node:assert/strict';
import { test } from 'node:test';
import callerDomain from '../../../../gateways/policies/caller/caller-domain.policy.ts';
import { buildPlan } from '../../support/city-plan.ts';
import { buildService } from '../../support/services.ts';
import { runPolicy } from '../../support/run-policy.ts';

async function codeFor(from: string, domains: readonly string[] | undefined, ofService: string[] | undefined) {
  const [app] = (await buildPlan([], [])).apps;
  const service = buildService(ofService === undefined ? {} : { callerDomains: ofService });
  const run = await runPolicy(callerDomain, {
    options: domains === undefined ? {} : { domains },
    interface: { serviceId: service.serviceId },
    plan: { services: [service] },
    exchange: { app: { ...app!, domain: from } },
  });
  return run.error?.code;
}

test('apps of foreign domains call only where interface and service both allow it; those of the own domain always', async () => {
  assert.equal(await codeFor('far', undefined, undefined), undefined, 'no limit unless one is set');
  assert.equal(await codeFor('far', [], undefined), 'GW40303');
  assert.equal(await codeFor('far', undefined, []), 'GW40303');
  assert.equal(await codeFor('far', ['far'], undefined), undefined);
  assert.equal(await codeFor('far', ['far'], ['other']), 'GW40303');
  assert.equal(await codeFor('far', ['far'], ['far', 'other']), undefined);
  assert.equal(await codeFor('city', [], []), undefined);
});
