import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Forwards to a port of this machine, and keeps the connections to it open when their clients close. */
export async function startBlindRelay(target: number): Promise<{ readonly port: number; stop(): void }> {
  const sockets: Socket[] = [];
  const relay = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: target });
    sockets.push(near, far);
    near.on('data', (chunk) => far.write(chunk)).on('error', () => undefined);
    far.on('data', (chunk) => near.write(chunk)).on('error', () => undefined);
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    stop() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
