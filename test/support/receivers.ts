/** Receivers of notices: an HTTP server and a mail server that keep what they got, and refuse when told to. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface ReceivedPost {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly posts: ReceivedPost[];
  /** What it answers. */
  status: number;
  stop(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const posts: ReceivedPost[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      posts.push({ headers: request.headers, body });
      response.writeHead(receiver.status).end();
    });
  });
  const port = await listen(server);
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${port}/hook`,
    posts,
    status: 204,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body as they came. */
  readonly data: string;
  readonly login: string | undefined;
}

export interface MailReceiver {
  readonly port: number;
  readonly mails: ReceivedMail[];
  stop(): Promise<void>;
}

/** SMTP (RFC 5321) as far as a submission takes it: EHLO, AUTH PLAIN, MAIL, RCPT, DATA, RSET, QUIT. */
export async function startMailReceiver(): Promise<MailReceiver> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serveMail(socket, mails);
  });
  const port = await listen(server);
  return {
    port,
    mails,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function serveMail(socket: Socket, mails: ReceivedMail[]): void {
  let buffer = '';
  let isData = false;
  let from = '';
  let to: string[] = [];
  let login: string | undefined;
  const say = (line: string) => socket.write(`${line}\r\n`);
  const command = (line: string) => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') return say('250-sink\r\n250 AUTH PLAIN');
    if (verb === 'STAR') return say('502 no TLS here');
    if (verb === 'AUTH') {
      login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString();
      return say('235 welcome');
    }
    if (verb === 'MAIL') from = /<(.*)>/.exec(line)?.[1] ?? '';
    else if (verb === 'RCPT') to.push(/<(.*)>/.exec(line)?.[1] ?? '');
    else if (verb === 'DATA') {
      isData = true;
      return say('354 go on');
    } else if (verb === 'QUIT') {
      say('221 bye');
      return socket.end();
    }
    say('250 ok');
  };
  socket.on('data', (chunk: Buffer) => {
    buffer += chunk.toString();
    for (;;) {
      const mark = isData ? '\r\n.\r\n' : '\r\n';
      const end = buffer.indexOf(mark);
      if (end < 0) return;
      const part = buffer.slice(0, end);
      buffer = buffer.slice(end + mark.length);
      if (!isData) {
        command(part);
        continue;
      }
      mails.push({ from, to, data: part, login });
      isData = false;
      to = [];
      say('250 kept');
    }
  });
  say('220 sink ESMTP');
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
