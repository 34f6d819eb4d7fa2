import { App } from 'antd';
import { useCallback } from 'react';
import { useMutationOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useConfirm } from './confirm-act.tsx';

const TEXTS = defineTexts({
  title: ['提交申请', 'Ask for it'],
  effect: [
    '您无权直接执行；申请会出现在有权者的概览里，由其说明理由后决定，同意即执行。进展见“申请”页。',
    'You may not do it yourself. Those who may see the request in their overview and decide it with a reason; what they accept is done. See the page "Requests".',
  ],
  verb: ['提交申请', 'Ask'],
  asked: ['已提交，等待决定', 'Asked: it waits for a decision'],
});

/** `const ask = useAsk(); ask('grants.save', input, onAsked)`: what a person may not do they may ask for. */
export function useAsk(): (action: string, input: unknown, onAsked?: () => void) => void {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const { message } = App.useApp();
  const create = useMutationOf('requests.create');
  const { mutateAsync } = create;
  return useCallback(
    (action, input, onAsked) =>
      confirm({
        title: t('title'),
        effect: t('effect'),
        verb: t('verb'),
        needsReason: true,
        async run(reason) {
          await mutateAsync({ action, input, reason });
          void message.success(t('asked'));
          onAsked?.();
        },
      }),
    [confirm, message, mutateAsync, t],
  );
}
