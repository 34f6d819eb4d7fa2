/** A mail server (RFC 3501) that logs anybody in and then does what it likes, from its greeting on. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface HostileImap {
  readonly port: number;
  /** What it wrote, over all connections. */
  sentBytes(): number;
}

/** True: it has said all that it says to this; otherwise it says what an honest server with one mail says. `BODY` asks for a mail itself. */
export type Misbehave = (
  command: string,
  tag: string,
  write: (text: string) => boolean,
  socket: Socket,
  line: string,
) => boolean | undefined;

export async function hostileImap(
  t: Pick<TestContext, 'after'>,
  misbehave: Misbehave,
  mail = 'Subject: x\r\n\r\nhello\r\n',
): Promise<HostileImap> {
  let sent = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const write = (text: string) => {
      if (socket.destroyed) return false;
      sent += text.length;
      return socket.write(text);
    };
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    if (misbehave('GREETING', '*', write, socket, '') !== true) write('* OK IMAP4rev1 ready\r\n');
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) answer(line);
    });

    function answer(line: string): void {
      const [tag = '*', ...words] = line.split(' ');
      const command = words.filter((word) => word.toUpperCase() !== 'UID')[0]?.toUpperCase() ?? '';
      if (misbehave(line.includes('BODY.PEEK') ? 'BODY' : command, tag, write, socket, line) === true) return;
      for (const text of honest(command, line)) write(`* ${text}\r\n`);
      write(`${tag} OK done\r\n`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sentBytes: () => sent };

  function honest(command: string, line: string): readonly string[] {
    if (command === 'CAPABILITY') return ['CAPABILITY IMAP4rev1 UIDPLUS MOVE'];
    if (command === 'LIST') return ['INBOX', 'Processed', 'Refused'].map((name) => `LIST () "/" ${name}`);
    if (command === 'SELECT') return ['1 EXISTS', 'FLAGS ()', 'OK [UIDVALIDITY 7] ok', 'OK [UIDNEXT 2] ok'];
    if (command === 'SEARCH') return ['SEARCH 1'];
    if (command !== 'FETCH') return [];
    return [
      line.includes('BODY.PEEK') ? `1 FETCH (UID 1 BODY[]<0> {${mail.length}}\r\n${mail})` : `1 FETCH (UID 1 RFC822.SIZE ${mail.length})`,
    ];
  }
}

/** Writes as fast as the other side reads, until it goes. */
export function floodWith(text: string, write: (text: string) => boolean, socket: Socket): true {
  const block = text.repeat(Math.ceil(65_536 / text.length));
  const more = () => {
    while (!socket.destroyed && write(block));
  };
  socket.on('drain', more);
  more();
  return true;
}
