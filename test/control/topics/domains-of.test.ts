import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainsOf } from '../../../control/topics/domains-of.ts';

test('an event about what belongs to the whole installation, also in part, is for nobody with single domains', () => {
  assert.deepEqual(domainsOf({ domains: ['hospital-a', 'hospital-b'] }), ['hospital-a', 'hospital-b']);
  assert.deepEqual(domainsOf({ domains: ['hospital-a', undefined] }), []);
  assert.deepEqual(domainsOf({ domains: undefined }), []);
});
