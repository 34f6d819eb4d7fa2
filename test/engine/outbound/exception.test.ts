import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExceptions, readOutboundTarget, showOutboundTarget } from '../../../engine/outbound/exception.ts';

test('reads targets as people write them, and writes them the same', () => {
  const targets = [
    '127.0.0.1:25',
    '127.0.0.1',
    '10.0.0.0/8:443',
    'mail.example:587',
    'localhost',
    '::1',
    '[::1]:25',
    'fd00::/8',
    '[fd00::/8]:443',
  ];
  assert.deepEqual(
    targets.map((text) => showOutboundTarget(readOutboundTarget(text)!)),
    targets,
  );
  const wrong = ['', ':25', '10.0.0.0/99', '127.0.0.1:0', '127.0.0.1:65536', '300.1.1.1', 'a b', 'http://x', 'x:y', '[::1', '-x', '1.2.3'];
  assert.deepEqual(
    wrong.filter((text) => readOutboundTarget(text) !== undefined),
    [],
  );
});

test('an exception counts for its port, its name or its range, and nothing beside', () => {
  const matches = compileExceptions([
    { host: '127.0.0.1', port: 25 },
    { host: 'Mail.Example', port: 587 },
    { host: '127.0.1.0/24' },
    { host: '::1', port: 25 },
  ]);
  const asked: readonly [string, string, number, boolean][] = [
    ['127.0.0.1', '127.0.0.1', 25, true],
    ['localhost', '127.0.0.1', 25, true],
    ['x', '::ffff:127.0.0.1', 25, true],
    ['127.0.0.1', '127.0.0.1', 26, false],
    ['127.0.0.2', '127.0.0.2', 25, false],
    ['mail.example.', '127.0.0.9', 587, true],
    ['mail.example', '127.0.0.9', 25, false],
    ['other.mail.example', '127.0.0.9', 587, false],
    ['x', '127.0.1.77', 9, true],
    ['::1', '::1', 25, true],
  ];
  for (const [host, address, port, expected] of asked)
    assert.equal(matches(host, address, port, 'loopback'), expected, `${host} ${address} ${port}`);
});

test('an exception for a name opens the classes of addresses that it led to when it was listed, and no other', () => {
  const matches = compileExceptions([{ host: 'sidecar.example', port: 25, opens: ['loopback'] }, { host: 'by-settings.example' }]);
  assert.equal(matches('sidecar.example', '127.0.0.1', 25, 'loopback'), true);
  assert.equal(matches('sidecar.example', '169.254.169.254', 25, 'metadata'), false);
  assert.equal(matches('by-settings.example', '169.254.169.254', 80, 'metadata'), true);
});
