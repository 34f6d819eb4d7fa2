import assert from 'node:assert/strict';
import { test } from 'node:test';
import mediaType from '../../../../gateways/policies/content/media-type.policy.ts';
import { runPolicy, type PolicyCase } from '../../support/run-policy.ts';

const codeFor = async (type: string | undefined, given: PolicyCase = {}) =>
  (
    await runPolicy(mediaType, {
      ...given,
      raw: ['Content-Length', '2', ...(type === undefined ? [] : ['Content-Type', type]), ...(given.raw ?? [])],
    })
  ).error?.code;

test('a flow takes JSON, XML, text, HL7 and bytes', async () => {
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/fhir+json', 'text/xml', 'application/hl7-v2'])
    assert.equal(await codeFor(type), undefined, type);
  for (const type of ['image/png', 'multipart/form-data', 'json', undefined]) assert.equal(await codeFor(type), 'GW41502', type);
});

test('an interface with a schema takes only JSON, a list only what it names', async () => {
  assert.equal(await codeFor('text/xml', { interface: { requestSchema: { type: 'object' } } }), 'GW41502');
  assert.equal(await codeFor('image/png', { options: { accept: ['image/png'] } }), undefined);
});

test('refuses an encoded body that the gateway would have to read', async () => {
  assert.equal(await codeFor('application/json', { raw: ['Content-Encoding', 'gzip'] }), 'GW41502');
});

test('a service without a schema takes everything', async () => {
  assert.equal(await codeFor('image/png', { interface: { target: { kind: 'upstream', instances: ['http://127.0.0.1'] } } }), undefined);
});
