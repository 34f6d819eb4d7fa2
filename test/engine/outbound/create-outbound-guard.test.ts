import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test, type TestContext } from 'node:test';
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import { createOutboundGuard, type OutboundGuardDeps } from '../../../engine/outbound/create-outbound-guard.ts';
import { compileExceptions } from '../../../engine/outbound/exception.ts';

function guard(deps: Partial<OutboundGuardDeps> = {}): OutboundGuard {
  return createOutboundGuard({ isExcepted: () => false, ...deps });
}

/** Each look-up gets the next of these answers. */
function names(...answers: readonly string[][]): Pick<OutboundGuardDeps, 'lookUp'> & { asked: number } {
  const dns = {
    asked: 0,
    lookUp: async () =>
      answers[Math.min(dns.asked++, answers.length - 1)]!.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  };
  return dns;
}

async function receiver(t: TestContext): Promise<{ readonly port: number; connections: number }> {
  const state = { port: 0, connections: 0 };
  const server = createServer((socket) => {
    state.connections++;
    socket.on('error', () => undefined).end();
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  state.port = (server.address() as AddressInfo).port;
  return state;
}

async function connected(socket: Socket): Promise<string> {
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

test('a name that leads to this machine is refused, and one that leads to a hospital and to this machine only leads to the hospital', async () => {
  await assert.rejects(guard(names(['127.0.0.1', '::1'])).resolve('rebind.example', 80), { code: 'OUTBOUND_REFUSED', kind: 'input' });
  assert.deepEqual(await guard(names(['127.0.0.1', '10.1.2.3'])).resolve('both.example', 80), [{ address: '10.1.2.3', family: 4 }]);
});

test('the connection goes to the address that was checked: a second answer of DNS counts for nothing', async (t) => {
  const here = await receiver(t);
  const dns = names(['127.0.0.1'], ['169.254.169.254']);
  const only = guard({ ...dns, isExcepted: compileExceptions([{ host: '127.0.0.1', port: here.port }]) });
  assert.equal(await connected(connect({ host: 'rebind.example', port: here.port, lookup: only.lookup(here.port) })), 'connected');
  assert.equal(dns.asked, 1, 'DNS was asked once');
  const late = guard(names(['127.0.0.1']));
  assert.equal(await connected(connect({ host: 'rebind.example', port: here.port, lookup: late.lookup(here.port) })), 'OUTBOUND_REFUSED');
  assert.equal(here.connections, 1, 'no connection was opened for the refused one');
});

test('numbers that the resolver reads as this machine are refused like the address', async () => {
  for (const host of ['2130706433', '0x7f000001', '127.1', 'localhost', 'LOCALHOST.'])
    await assert.rejects(
      guard().resolve(host, 80),
      (error: { code?: string }) => ['OUTBOUND_REFUSED', 'ENOTFOUND'].includes(error.code ?? ''),
      host,
    );
});

test('a port of the platform is refused at every address of this machine', async (t) => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address;
  if (own === undefined) return t.skip('this machine has no address but loopback');
  const some = guard({ ownPorts: new Set([8440]) });
  await assert.rejects(some.resolve(own, 8440), { code: 'OUTBOUND_REFUSED' });
  await assert.rejects(some.resolve(`::ffff:${own}`, 8440), { code: 'OUTBOUND_REFUSED' }, 'also as IPv6 with the address in it');
  assert.equal((await some.resolve(own, 8450)).length, 1);
  assert.equal((await some.resolve('10.255.255.254', 8440)).length, 1, 'at another machine it is just a port');
});

test('for a driver that looks names up by itself every address of a name must be open', async () => {
  await assert.rejects(guard(names(['127.0.0.1', '10.1.2.3'])).requireAll('both.example', 5432), { code: 'OUTBOUND_REFUSED' });
  await guard(names(['10.1.2.3'])).requireAll('db.example', 5432);
});

test('the refusal names the address and who can allow it', async () => {
  await assert.rejects(guard(names(['127.0.0.1'])).resolve('his.example', 9090), (error: Error & { fix?: string }) => {
    assert.match(error.message, /his\.example \(127\.0\.0\.1:9090\)/);
    assert.match(error.fix ?? '', /security administrator/);
    return true;
  });
});
