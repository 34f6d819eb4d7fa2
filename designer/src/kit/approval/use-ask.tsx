import { App } from 'antd';
import { useCallback, type ReactNode } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../feedback/confirm-act.tsx';
import { oneLine } from '../text/one-line.ts';
import { useWhoMay } from '../feedback/who-may.ts';

const TEXTS = defineTexts({
  title: ['提交申请', 'Request it'],
  effect: [
    '您无权直接执行；申请会出现在有权者的概览里，由其说明理由后决定，同意即执行。进展见“申请”页。',
    'You do not have the right to do this yourself. People with the right see the request in their overview and decide on it with a reason; if they accept it, it is carried out. See the page "Requests".',
  ],
  verb: ['提交申请', 'Ask'],
  asked: ['已提交，等待决定', 'Requested: waiting for a decision'],
  nobody: ['已提交，但目前没有人能决定', 'Requested, but no one can decide on it now'],
  nobodyHelp: [
    '能决定的角色：{{roles}}。现在没有启用的账号持有它，请系统管理员在“账号”页建立；建立后，申请会出现在其概览里。',
    'It requires the role: {{roles}}. No active account has it. Ask the system administrator to create one on the page "Accounts": the request then appears in its overview.',
  ],
});

interface Wish {
  /** The content of the request, in full sentences. */
  readonly about?: ReactNode;
  readonly onAsked?: () => void;
}

/**
 * Lets a user request an action that they may not perform: `const ask = useAsk(); ask('grants.save', input, { onAsked
 * })`.
 */
export function useAsk(): (action: string, input: unknown, wish?: Wish) => void {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const whoMay = useWhoMay();
  const { message, modal } = App.useApp();
  const { mutateAsync } = useMutationOf('requests.create');
  return useCallback(
    (action, input, { about, onAsked } = {}) =>
      confirm({
        title: t('title'),
        effect: (
          <>
            {about === undefined ? null : <p>{about}</p>}
            {t('effect')}
          </>
        ),
        verb: t('verb'),
        needsReason: true,
        async run(reason) {
          const { deciders, needs } = await mutateAsync({ action, input, reason: oneLine(reason) });
          if (deciders === 0) modal.warning({ title: t('nobody'), content: t('nobodyHelp', { roles: whoMay(needs) }) });
          else void message.success(t('asked'));
          onAsked?.();
        },
      }),
    [confirm, message, modal, mutateAsync, t, whoMay],
  );
}
