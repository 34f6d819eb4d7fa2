import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { runProbe, type ProbeServer, type WayIn } from '../shared/probe/run-probe.ts';
import { notConnected } from './mail-errors.ts';
import { openSmtp } from './open-smtp.ts';
import type { ImapSettings, MailSettings, SmtpSettings } from './settings.ts';
import { useMailbox } from './use-mailbox.ts';

/** Connects to the servers that the adapter has, and logs in. */
export function probeMail(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'lines', async (ctx, steps) => {
    // The steps check the settings, and report what is wrong.
    const { smtp, imap } = ctx.adapter.settings as Partial<MailSettings>;
    if (imap !== undefined || smtp === undefined) {
      if (imap !== undefined) await steps.run(RECEIVING.name, () => resolveName(ctx, imap));
      await steps.logIn(RECEIVING.login, wayTo(imap), async () => {
        const folders = await useMailbox(ctx, ({ client }) => client.list());
        return folders
          .map(({ path }) => path)
          .join(', ')
          .slice(0, 500);
      });
    }
    if (smtp !== undefined) {
      await steps.run(SENDING.name, () => resolveName(ctx, smtp));
      await steps.logIn(SENDING.login, wayTo(smtp), async () => {
        (await openSmtp(ctx)).quit();
        return '';
      });
    }
  });
}

const RECEIVING = {
  name: { 'zh-CN': '收信服务器：域名解析', en: 'Receiving server: name lookup (DNS)' },
  login: { 'zh-CN': '收信服务器：登录', en: 'Receiving server: login' },
};
const SENDING = {
  name: { 'zh-CN': '发信服务器：域名解析', en: 'Sending server: name lookup (DNS)' },
  login: { 'zh-CN': '发信服务器：登录', en: 'Sending server: login' },
};

type MailServer = ImapSettings | SmtpSettings;

async function resolveName({ outbound }: ProbeContext, server: MailServer): Promise<string> {
  try {
    return (await outbound.resolve(server.host, server.port))[0]!.address;
  } catch (cause) {
    throw connectFailed(server, cause);
  }
}

function wayTo(server: MailServer | undefined): WayIn {
  return {
    servers: () => (server === undefined ? [] : [{ ...server, tls: server.security === 'tls' ? server : undefined }]),
    failed: connectFailed,
  };
}

function connectFailed({ host, port }: ProbeServer, cause: unknown): AppError {
  return cause instanceof AppError ? cause : notConnected(host, port, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
}
