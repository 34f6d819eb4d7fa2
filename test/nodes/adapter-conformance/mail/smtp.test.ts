import assert from 'node:assert/strict';
import mail from '../../../../nodes/mail/mail.adapter.ts';
import { probeMail } from '../../../../nodes/mail/probe.ts';
import mailSend from '../../../../nodes/mail/send.node.ts';
import { prepareAiosmtpd, startAiosmtpd } from '../../../servers/aiosmtpd.ts';
import { describeAdapter } from '../kit.ts';
import { LARGE_BLOB, LARGE_BYTES, largeBlobs } from '../large-blobs.ts';
import { nodeAct } from '../subject.ts';

const MAIL = { to: { value: 'b@hospital.example' }, subject: { path: 'data.marker' }, text: { value: 'x' } };

describeAdapter({
  adapter: mail,
  name: 'Mail: SMTP',
  skip: prepareAiosmtpd(),
  without: { duplicate: 'it only sends', poison: 'it only sends' },
  async start() {
    const server = await startAiosmtpd('none');
    const countOf = (marker: string) => server.mails.filter(({ data }) => data.includes(`Subject: ${marker}`)).length;
    return {
      port: server.port,
      ...{ credential: 'right', wrongCredential: 'kit-wrong-1', tls: 'front', probe: probeMail },
      settings: ({ host, port, tls }) => ({
        user: 'lab@city.example',
        smtp: { host, port, security: tls === undefined ? 'none' : 'tls', login: true, ...tls },
      }),
      acts: [nodeAct(mailSend, MAIL, (marker) => ({ marker }), countOf)],
      large: {
        async carry(options) {
          const config = { ...MAIL, maxBytes: 2 * LARGE_BYTES, attachments: { value: [LARGE_BLOB] } };
          await nodeAct(mailSend, config, (marker) => ({ marker })).run('large', { ...options, blobs: largeBlobs() });
          assert.ok(server.mails.at(-1)!.sizeBytes > LARGE_BYTES);
        },
      },
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
});
