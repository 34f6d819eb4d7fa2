import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { redisBackend } from '../../../storage/redis/redis-backend.ts';
import { prepareRedis, startRedis, type RedisServer } from '../../servers/redis.ts';

const missing = prepareRedis();

describe('a Redis that is not to be used as it stands', { skip: missing ?? false }, () => {
  it('evicts keys: the policy, and how to change it, are named', async () => {
    await withRedis(['--maxmemory-policy', 'allkeys-lru'], (server) =>
      refused(server.address, /maxmemory-policy allkeys-lru.*needs maxmemory-policy noeviction.*CONFIG SET maxmemory-policy noeviction/),
    );
  });

  it('is a replica', async () => {
    await withRedis([], (master) =>
      withRedis(['--replicaof', '127.0.0.1', String(master.port)], (replica) => refused(replica.address, /replica.*REPLICAOF NO ONE/)),
    );
  });

  it('is a node of a cluster', async () => {
    await withRedis(['--cluster-enabled', 'yes'], (server) => refused(server.address, /cluster mode.*single master/));
  });

  it('asks for a password: none, a wrong one, and one that nobody asked for are told apart, and none is shown', async () => {
    await withRedis(['--requirepass', 'right-secret'], async (server) => {
      await refused(server.address, /a password set.*KQ_SHARED_PASSWORD_FILE/);
      await refused(server.address, /another password or user.*KQ_SHARED_PASSWORD_FILE/, 'wrong-secret');
      const shared = await open(server.address, 'right-secret');
      assert.equal(await shared.sharedState.claimOnce('nonce', 1000), true);
      await shared.close();
    });
    await withRedis([], (server) => refused(server.address, /no password set.*requirepass/, 'wrong-secret'));
  });

  it('gives its user too few rights', async () => {
    await withRedis([], async (server) => {
      await server.command('ACL', 'SETUSER', 'kangqiao', 'on', '>secret', '~kq:*', '&kq:*', '+@all', '-@scripting');
      await refused(server.address.replace('//', '//kangqiao@'), /insufficient permissions.*eval/i, 'secret');
    });
  });

  it('is older than 6.2', async () => {
    // No such server can be had here: one that says so.
    const old = createServer((socket) => {
      const info = 'redis_version:6.0.16\r\nredis_mode:standalone\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n';
      socket.on('error', () => undefined).on('data', () => socket.write(`$${info.length}\r\n${info}\r\n`));
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    await refused(`redis://127.0.0.1:${(old.address() as AddressInfo).port}`, /version 6\.0\.16.*version 6\.2 or newer/);
    old.close();
  });

  it('would be spoken to in the clear over the network', async () => {
    await assert.rejects(open('redis://redis.example:6379'), { code: 'STORE_NOT_ENCRYPTED', kind: 'input' });
  });

  it('does not answer, or never stops answering nothing', async () => {
    const server = await startRedis();
    await server.stop();
    await assert.rejects(open(server.address), { code: 'SHARED_STATE_DOWN', kind: 'transient' });
    const deaf = createServer((socket) => void socket.on('error', () => undefined));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    await assert.rejects(open(`redis://127.0.0.1:${(deaf.address() as AddressInfo).port}`), { code: 'SHARED_STATE_DOWN' });
    deaf.close();
  });
});

function open(address: string, password?: string) {
  return redisBackend.open(address, { clock: systemClock, logger: silentLogger, ...(password === undefined ? {} : { password }) });
}

async function refused(address: string, says: RegExp, password?: string): Promise<void> {
  await assert.rejects(open(address, password), (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.deepEqual([error.code, error.kind], ['STORE_INCOMPATIBLE', 'input'], error.message);
    const text = `${error.message} ${error.fix}`;
    assert.match(text, says);
    assert.doesNotMatch(text, /secret/);
    return true;
  });
}

async function withRedis(args: readonly string[], test: (server: RedisServer) => Promise<void>): Promise<void> {
  const server = await startRedis({ args });
  try {
    await test(server);
  } finally {
    await server.stop();
  }
}
