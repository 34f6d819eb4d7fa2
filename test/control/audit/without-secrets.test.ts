import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedPlaces, maskSecrets, withoutSecrets } from '../../../control/audit/without-secrets.ts';

test('secrets are masked by their names; addresses stay, without their user info', () => {
  const settings = {
    oauth2: { tokenUrl: 'https://lab:pass@auth.example/token', clientId: 'lab', clientSecret: 's' },
    accessToken: 'abc',
    password: 'p',
  };
  const shown = {
    oauth2: { tokenUrl: 'https://***@auth.example/token', clientId: 'lab', clientSecret: '***' },
    accessToken: '***',
    password: '***',
  };
  assert.deepEqual(maskSecrets(settings), shown);
  assert.deepEqual(withoutSecrets(settings), shown);
  assert.deepEqual(maskedPlaces({ oauth2: { tokenUrl: 'https://auth.example/token' } }), []);
});
