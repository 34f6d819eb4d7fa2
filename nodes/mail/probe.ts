import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { runProbe } from '../shared/probe/run-probe.ts';
import { notConnected } from './mail-errors.ts';
import { openSmtp } from './open-smtp.ts';
import type { MailSettings } from './settings.ts';
import { useMailbox } from './use-mailbox.ts';

/** Connects to the servers that the adapter has, and logs in. */
export function probeMail(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'lines', async (ctx, steps) => {
    // The steps check the settings, and report what is wrong.
    const { smtp, imap } = ctx.adapter.settings as Partial<MailSettings>;
    if (imap !== undefined || smtp === undefined) {
      if (imap !== undefined) await steps.run(RECEIVING.name, () => resolveName(ctx, imap));
      await steps.run(RECEIVING.login, async () => {
        const folders = await useMailbox(ctx, ({ client }) => client.list());
        return folders
          .map(({ path }) => path)
          .join(', ')
          .slice(0, 500);
      });
    }
    if (smtp !== undefined) {
      await steps.run(SENDING.name, () => resolveName(ctx, smtp));
      await steps.run(SENDING.login, async () => {
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

async function resolveName({ outbound }: ProbeContext, { host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  try {
    return (await outbound.resolve(host, port))[0]!.address;
  } catch (cause) {
    throw cause instanceof AppError ? cause : notConnected(host, port, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  }
}
