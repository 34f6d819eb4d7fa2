import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireWithin } from '../../../nodes/messaging/target.ts';

test('a name prefix holds for each way to write a destination', () => {
  const own = [
    'hospital-c.x',
    '/exchange/hospital-c.x',
    '/queue/hospital-c.x',
    '/topic/hospital-c.x',
    'topic://hospital-c.x',
    'queue://hospital-c.x',
  ];
  requireWithin('hospital-c.', ...own);
  requireWithin(undefined, 'anything,else');
  for (const other of [
    'hospital-d.x',
    '/queue/hospital-d.x',
    'topic://hospital-d.x',
    '/queue//queue/hospital-c.x',
    'hospital-c.x,hospital-d.y',
  ])
    assert.throws(() => requireWithin('hospital-c.', ...own, other), { code: 'BROKER_NAME_PREFIX' }, other);
});
