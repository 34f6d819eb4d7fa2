/** An FTP server that logs in, and then behaves as a test wants. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface StubFtp {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sockets: ReadonlySet<Socket>;
  stop(): void;
}

/** `reply` returns what is answered to a command after `delayMs`; without it, all later commands get no answer. */
export async function startStubFtp({
  delayMs = 0,
  reply,
}: { readonly delayMs?: number; readonly reply?: (verb: string) => string | undefined } = {}): Promise<StubFtp> {
  const LOGIN: Readonly<Record<string, string>> = {
    ...{ USER: '331 ?', PASS: '230 in', FEAT: '211 none', OPTS: '200 ok', TYPE: '200 ok', PWD: '257 "/"' },
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.write('220 hello\r\n');
    socket.on('data', (text) => {
      const [verb = ''] = String(text).trim().split(' ');
      const answer = LOGIN[verb] ?? reply?.(verb);
      if (answer !== undefined) setTimeout(() => socket.write(`${answer}\r\n`), LOGIN[verb] === undefined ? delayMs : 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const settings = { kind: 'ftp', host: '127.0.0.1', port: (server.address() as AddressInfo).port, user: 'lab' };
  return {
    settings,
    sockets,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
