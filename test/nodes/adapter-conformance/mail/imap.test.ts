import assert from 'node:assert/strict';
import { listenTrigger } from '../../../../engine/testing/listen-trigger.ts';
import mail from '../../../../nodes/mail/mail.adapter.ts';
import { probeMail } from '../../../../nodes/mail/probe.ts';
import mailReceive from '../../../../nodes/mail/receive.node.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { prepareDovecot, startDovecot } from '../../../servers/dovecot.ts';
import { killAll } from '../../../servers/start-process.ts';
import { describeAdapter } from '../kit.ts';
import { LARGE_BYTES, largeBlobs } from '../large-blobs.ts';

const textOf = (marker: string) => `From: a@hospital.example\r\nTo: lab@city.example\r\nSubject: ${marker}\r\n\r\nx\r\n`;

describeAdapter({
  adapter: mail,
  name: 'Mail: IMAP',
  skip: prepareDovecot(),
  without: {},
  async start() {
    const server = await startDovecot();
    return {
      port: server.port,
      ...{ credential: 'secret', wrongCredential: 'kit-wrong-1', tls: 'front', probe: probeMail },
      settings: ({ host, port, tls }) => ({ user: 'lab', imap: { host, port, security: tls === undefined ? 'none' : 'tls', ...tls } }),
      acts: [
        {
          name: 'beginning to receive',
          effect: 'read',
          async run(_marker, options) {
            await (await listenTrigger(mailReceive, { config: { folder: 'INBOX' }, ...options })).stop();
          },
        },
      ],
      trigger: {
        node: mailReceive,
        config: () => ({ everySec: 1 }),
        deliver: (_source, marker) => server.deliver(textOf(marker)),
        setAside: (_source, refusals) => `${refusals.map(({ code }) => code).join()} ${server.count('Refused')} mail`,
      },
      large: {
        prepare: async () => server.deliver(largeMail()),
        async carry(options) {
          const blobs = largeBlobs();
          const trigger = await listenTrigger(mailReceive, { config: { everySec: 1, maxBytes: 2 * LARGE_BYTES }, ...options, blobs });
          await eventually(() => trigger.arrivals.length === 1, 60_000);
          await trigger.stop();
          assert.ok(blobs.written() >= LARGE_BYTES);
        },
      },
      kill: () => killAll(server),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
});

function largeMail(): Buffer {
  const part = 'MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=large.bin';
  const head = textOf('large').replace('\r\n\r\nx\r\n', `\r\n${part}\r\n\r\n`);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(LARGE_BYTES, `${'x'.repeat(70)}\r\n`), Buffer.from('\r\n')]);
}
