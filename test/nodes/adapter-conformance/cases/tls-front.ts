/** TLS with a chosen certificate in front of a server that speaks plain text. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificate } from '../../../support/certificates.ts';

/** `postgresql`: the client asks in plain text whether TLS is there, before it begins with it. */
export async function startTlsFront(targetPort: number, certificate: Certificate, kind: 'front' | 'postgresql') {
  const secureContext = createSecureContext(certificate);
  const sockets = new Set<Socket>();
  const begin = (plain: Socket) => {
    const near = new TLSSocket(plain, { isServer: true, secureContext });
    const far = connect(targetPort, '127.0.0.1');
    for (const socket of [plain, near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  };
  const server = createServer((plain) => {
    plain.on('error', () => undefined);
    if (kind === 'front') return begin(plain);
    plain.once('data', () => {
      plain.pause();
      plain.write('S', () => begin(plain));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
