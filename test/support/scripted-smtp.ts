/** A mail server (RFC 5321) in plain text that keeps what it gets, and says to each command what a test wants. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface ScriptedSmtp {
  readonly port: number;
  /** The mails that it took over. */
  readonly mails: readonly { readonly from: string; readonly to: readonly string[]; readonly data: string }[];
  /** All bytes after DATA, of mails that were taken over or not. */
  readonly received: () => number;
  readonly openSockets: () => number;
}

/**
 * The reply to a command (`GREETING`, `EHLO`, `MAIL`, `RCPT`, `DATA`, and `END` after the last line); `undefined`: as an
 * honest server; `nothing`: none; `cut`: it closes the connection.
 */
export type SmtpScript = (command: string, line: string) => string | undefined;

export async function scriptedSmtp(t: Pick<TestContext, 'after'>, script: SmtpScript = () => undefined): Promise<ScriptedSmtp> {
  const mails: { from: string; to: readonly string[]; data: string }[] = [];
  const sockets = new Set<Socket>();
  let received = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let [from, to, isData] = ['', [] as string[], false];
    let parts: Buffer[] = [];
    let rest = '';
    const say = (command: string, line: string, honest: string): boolean => {
      const reply = script(command, line) ?? honest;
      if (reply === 'cut') socket.destroy();
      else if (reply !== 'nothing') socket.write(`${reply}\r\n`);
      return reply === honest;
    };
    say('GREETING', '', '220 mail.test ESMTP');
    socket.on('data', (chunk: Buffer) => {
      if (isData) return takeData(chunk);
      const lines = (rest + chunk.toString('utf8')).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) take(line);
    });

    function take(line: string): void {
      const command = line.slice(0, 4).toUpperCase();
      if (command === 'EHLO') say('EHLO', line, '250 mail.test');
      else if (command === 'QUIT') socket.end('221 bye\r\n');
      else if (command === 'DATA') {
        isData = say('DATA', line, '354 go on');
        parts = [];
      } else {
        const isRight = say(command, line, '250 ok');
        if (command === 'MAIL') [from, to] = [/<(.*?)>/.exec(line)?.[1] ?? '', []];
        if (command === 'RCPT' && isRight) to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
      }
    }

    function takeData(chunk: Buffer): void {
      received += chunk.length;
      parts.push(chunk);
      const tail = Buffer.concat(parts.slice(-5)).subarray(-5).toString('latin1');
      if (tail !== '\r\n.\r\n') return;
      isData = false;
      const data = Buffer.concat(parts).toString('utf8').slice(0, -3).replaceAll('\r\n..', '\r\n.');
      const isRefused = /^[45]/.test(script('END', '') ?? '');
      if (!isRefused) mails.push({ from, to, data });
      say('END', '', '250 kept');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, mails, received: () => received, openSockets: () => sockets.size };
}
