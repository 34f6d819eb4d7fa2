import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transportPathOf } from '../../../gateways/documents/transport-path.ts';

test('a transport operation without an adapter in its path is that of the adapter in the header', () => {
  assert.equal(transportPathOf('/bus/v1/transport/mail/send', 'adp_mail'), '/bus/v1/transport/mail/send/adp_mail');
});

test('a path that names its adapter, any other path, and a header that is no adapter stay as they are', () => {
  for (const [path, adapter] of [
    ['/bus/v1/transport/mail/send', undefined],
    ['/bus/v1/transport/mail/send/adp_a', 'adp_b'],
    ['/bus/v1/transport/mail', 'adp_b'],
    ['/bus/v1/transport/mail/send', '../adp_b'],
    ['/bus/v1/transport/mail/send', 'adp_b/x'],
    ['/bus/v1/orders/mail/send', 'adp_b'],
  ] as const)
    assert.equal(transportPathOf(path, adapter), path);
});
