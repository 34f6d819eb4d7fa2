import type { Health, ProbeContext } from '../../engine/contract/node/node.ts';
import { createProbeSteps } from '../shared/probe-steps.ts';
import { openSmtp } from './open-smtp.ts';
import type { MailSettings } from './settings.ts';
import { useMailbox } from './use-mailbox.ts';

/** Connects to the servers that the adapter has, and logs in. */
export async function probeMail(ctx: ProbeContext): Promise<Health> {
  // The steps check the settings, and report what is wrong.
  const { smtp, imap } = ctx.adapter.settings as Partial<MailSettings>;
  const steps = createProbeSteps(ctx);
  if (imap !== undefined || smtp === undefined) {
    await steps.run({ 'zh-CN': '收信服务器：连接与登录', en: 'Receiving server: connection and login' }, async () => {
      const folders = await useMailbox(ctx, ({ client }) => client.list());
      return folders
        .map(({ path }) => path)
        .join(', ')
        .slice(0, 500);
    });
  }
  if (smtp !== undefined) {
    await steps.run({ 'zh-CN': '发信服务器：连接与登录', en: 'Sending server: connection and login' }, async () => {
      (await openSmtp(ctx)).quit();
      return '';
    });
  }
  return steps.health();
}
