/** A mail server, and mails, that want the process to run out of memory or time. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { listenTrigger } from '../../../engine/testing/listen-trigger.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import mailReceive from '../../../nodes/mail/receive.node.ts';
import { parseMail } from '../../../nodes/shared/mail/parse-mail.ts';
import { floodWith, hostileImap, type HostileImap, type Misbehave } from '../../support/hostile-imap.ts';

const LIMIT = { timeout: 240_000 };
const MAX_BYTES = 1024 * 1024;
/** What may be on its way when the connection is cut. */
const MOST_SENT = 150 * 1024 * 1024;

function receive(server: HostileImap) {
  return listenTrigger(mailReceive, {
    adapter: { settings: { user: 'lab', imap: { host: '127.0.0.1', port: server.port, security: 'none' } } },
    secrets: { '': 'secret' },
    config: { maxBytes: MAX_BYTES, everySec: 1 },
    clock: wallClock(),
  });
}

/** The code of what the trigger ended with, at its start or at its first look. */
async function endOf(t: TestContext, misbehave: Misbehave, mail?: string): Promise<[code: string, server: HostileImap]> {
  const server = await hostileImap(t, misbehave, mail);
  try {
    const trigger = await receive(server);
    t.after(() => trigger.stop());
    return [toErrorRecord(await trigger.ended).code, server];
  } catch (error) {
    return [toErrorRecord(error).code, server];
  }
}

const FLOODS: Readonly<Record<string, (command: string, write: (text: string) => boolean) => string | undefined>> = {
  'folders without an end': (command) => (command === 'LIST' ? '* LIST () "/" "folder"\r\n' : undefined),
  'a line without an end': (command) => (command === 'SEARCH' ? '1 2 3 4 5 6 7 8 9 ' : undefined),
  'a greeting without an end': (command) => (command === 'GREETING' ? '* OK and so on\r\n' : undefined),
  'news during the login without an end': (command) => (command === 'LOGIN' || command === 'AUTHENTICATE' ? '* 1 EXISTS\r\n' : undefined),
  'other mails than the one asked for': (command) => (command === 'BODY' ? `* 9 FETCH (UID 9 BODY[] {5}\r\nhello)\r\n` : undefined),
};

for (const [name, text] of Object.entries(FLOODS)) {
  test(`a server that sends ${name} is cut off after a few megabytes`, LIMIT, async (t) => {
    const [code, server] = await endOf(t, (command, _tag, write, socket) => {
      const flood = text(command, write);
      return flood === undefined ? undefined : floodWith(flood, write, socket);
    });
    // On a slow machine the time for connecting is over before the bytes are.
    assert.match(code, /^MAIL_(FLOOD|CONNECT_FAILED)$/);
    assert.ok(server.sentBytes() < MOST_SENT, `${server.sentBytes()} bytes were taken`);
  });
}

test('a server that announces two gigabytes for a mail of ten bytes is cut off before the first of them', LIMIT, async (t) => {
  const [code, server] = await endOf(t, (command, _tag, write, socket) => {
    if (command !== 'BODY') return undefined;
    write('* 1 FETCH (UID 1 BODY[]<0> {2000000000}\r\n');
    return floodWith('x'.repeat(1000), write, socket);
  });
  assert.equal(code, 'MAIL_FLOOD');
  assert.ok(server.sentBytes() < MOST_SENT);
});

test('a mail of tens of thousands of parts, or of mails in mails, goes to the refused ones unread', LIMIT, async (t) => {
  const moved = Promise.withResolvers<string>();
  const head = 'Subject: x\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n';
  const server = await hostileImap(
    t,
    (command, _tag, _write, _socket, line) => {
      if (command === 'MOVE') moved.resolve(line);
      return undefined;
    },
    head + '--B\r\n\r\nx\r\n'.repeat(30_000),
  );
  const trigger = await receive(server);
  t.after(() => trigger.stop());
  assert.match(await moved.promise, /MOVE 1 .*Refused"?$/);
  assert.deepEqual(trigger.arrivals, []);
  await assert.rejects(parseMail(Buffer.from(`${head}${'--B\r\nContent-Type: message/rfc822\r\n\r\n'.repeat(60)}`)), {
    code: 'MAIL_TOO_MANY_PARTS',
  });
});
