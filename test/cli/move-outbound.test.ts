import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKeeper } from '../../cli/roots/open-keeper.ts';
import type { OpenedEngine } from '../../cli/roots/open-engine.ts';
import type { Host } from '../../cli/roots/open-host.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { createOutboundGuard } from '../../engine/outbound/create-outbound-guard.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { serversOf } from '../../storage/shared/server-address.ts';

test('the running process moves to no server that an adapter may not connect to', async () => {
  const guard = createOutboundGuard({
    isExcepted: () => false,
    lookUp: async (host) => [{ address: host === 'db.example' ? '10.1.2.3' : '127.0.0.1', family: 4 }],
  });
  const host = { settings: { exchangeFolder: '/nowhere' }, clock: fakeClock(), log: silentLogger } as unknown as Host;
  const opened = { engine: { outbound: { guard } }, storage: {} } as unknown as OpenedEngine;
  const keeper = openKeeper(host, opened, () => assert.fail('nothing restarts'));
  const move = (to: string, sharedAddress?: string) =>
    keeper.move(
      { to, ...(sharedAddress === undefined ? {} : { sharedAddress }) },
      { signal: new AbortController().signal, onProgress() {} },
    );
  for (const [to, shared] of [
    ['postgres://u@127.0.0.1:9090/db', undefined],
    ['postgres://u@[::1]/db', undefined],
    ['mongodb://db.example,169.254.169.254:80/db', undefined],
    ['postgres://u@rebind.example/db', undefined],
    ['postgres://u@db.example/db', 'redis://127.0.0.1:6379'],
  ] as const)
    await assert.rejects(move(to, shared), { code: 'OUTBOUND_REFUSED' }, to);
});

test('the servers of an address are all of its hosts, and those of SRV records', async () => {
  assert.deepEqual(await serversOf('mongodb://u@a.example:1,[fd00::1],c.example/db?tls=true'), [
    { host: 'a.example', port: 1 },
    { host: 'fd00::1', port: 27017 },
    { host: 'c.example', port: 27017 },
  ]);
  const asked: string[] = [];
  const srv = async (name: string) => {
    asked.push(name);
    return [{ name: 'one.example', port: 27018, priority: 0, weight: 0 }];
  };
  assert.deepEqual(await serversOf('mongodb+srv://u@set.example/db?srvServiceName=kq', srv), [{ host: 'one.example', port: 27018 }]);
  assert.deepEqual(asked, ['_kq._tcp.set.example']);
});
