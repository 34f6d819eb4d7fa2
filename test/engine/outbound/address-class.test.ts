import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedClass } from '../../../engine/outbound/address-class.ts';

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  loopback: [
    ...['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:0:127.0.0.1', '::127.0.0.1', '64:ff9b::127.0.0.1', '2002:7f00:1::'],
    ...['fd12:3456::5efe:127.0.0.1', '2001:db8::200:5efe:7f00:1'],
  ],
  'link-local': ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', '::ffff:169.254.1.1'],
  metadata: ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '64:ff9b::a9fe:a9fe'],
  multicast: ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1'],
  translated: ['64:ff9b:1::1', '64:ff9b:1:7f00:0:100::', '64:ff9b:1:ffff::a9fe:a9fe', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0', '240.0.0.1', '255.255.255.254', '::ffff:250.1.2.3'],
};

for (const [kind, addresses] of Object.entries(REFUSED)) {
  test(`refuses every way of writing a ${kind} address`, () => {
    assert.deepEqual(
      addresses.map((address) => [address, refusedClass(address)]),
      addresses.map((address) => [address, kind]),
    );
  });
}

test('lets private and public addresses through', () => {
  const open = [
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '8.8.8.8',
    'fd12:3456::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    'fd12:3456::5efe:10.0.0.1',
    '64:ff9b:2::1',
    '2001:1::1',
    '2002:a00:1::',
  ];
  assert.deepEqual(
    open.filter((address) => refusedClass(address) !== undefined),
    [],
  );
});
