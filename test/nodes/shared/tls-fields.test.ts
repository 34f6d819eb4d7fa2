import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { HttpSettings } from '../../../nodes/shared/http/settings.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n';
const settings = (tls: object) => ({
  baseUrl: 'https://a.example',
  auth: 'none',
  authHeader: 'X',
  unavailableMayBeDone: false,
  refusals: [],
  tls,
});

test('a private key is never among the settings, which are shown in clear', () => {
  assert.ok(Value.Check(HttpSettings, settings({ certificate: CERTIFICATE, ca: CERTIFICATE })));
  for (const wrong of [KEY, CERTIFICATE + KEY, KEY.replace('PRIVATE', 'RSA PRIVATE'), 'text'])
    assert.ok(!Value.Check(HttpSettings, settings({ certificate: wrong })), wrong);
  assert.ok(!Value.Check(HttpSettings, settings({ ca: CERTIFICATE + KEY })));
});
