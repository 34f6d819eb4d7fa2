import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { atPeer, namingPeer, peerOf } from '../../../nodes/shared/at-peer.ts';

const PEER = peerOf('FILE', { host: 'ftp.hospital.example', port: 21 });

test('an error that says nothing of the place names it, and is otherwise the same', () => {
  const cause = new Error('closed');
  const options = { values: { reason: 'closed' }, fix: 'Check the network.', retryAfterMs: 500, cause };
  const named = atPeer(new AppError('FILE_NO_ANSWER', 'unknown-outcome', 'No answer.', options), PEER);
  assert.ok(named instanceof AppError);
  const { code, kind, message, values, fix, retryAfterMs } = named;
  assert.deepEqual([code, kind, message], ['FILE_NO_ANSWER', 'unknown-outcome', 'ftp.hospital.example:21: No answer.']);
  assert.deepEqual([values, fix, retryAfterMs], [{ reason: 'closed', peer: 'ftp.hospital.example:21' }, 'Check the network.', 500]);
  assert.equal(named.cause, cause);
});

test('the servers of a cluster are named, and a refused login too', () => {
  const cluster = peerOf('MESSAGING', { host: 'a', port: 1 }, { host: 'b', port: 2 });
  const named = atPeer(new AppError('MESSAGING_LOGIN_REFUSED', 'input', 'No.'), cluster);
  assert.equal((named as AppError).message, 'a:1, b:2: No.');
});

// The engine recognises its own errors by their identity: as the reason of its signal, for one.
test('what names a place, concerns the message or is not of this system stays the very same', async () => {
  for (const error of [
    new AppError('FILE_CONNECT_FAILED', 'transient', 'No connection to x:21.', { values: { host: 'x', port: 21 } }),
    new AppError('FILE_EXISTS', 'input', 'There is such a file.'),
    new AppError('NODE_TIMEOUT', 'transient', 'Too slow.'),
    new Error('other'),
  ])
    await assert.rejects(
      namingPeer(PEER, () => Promise.reject(error)),
      (thrown) => thrown === error,
    );
});
