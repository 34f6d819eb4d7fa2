import { Button } from 'antd';
import { Trash2 } from 'lucide-react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';

const TEXTS = defineTexts({
  remove: ['收回授权', 'Revoke the grant'],
  effect: ['应用“{{app}}”一秒内不能再调用“{{name}}”。', 'Within a second the app "{{app}}" can no longer call "{{name}}".'],
});

interface RemoveGrantProps {
  readonly grantId: string;
  readonly app: string;
  readonly name: string;
}

export function RemoveGrant({ grantId, app, name }: RemoveGrantProps) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const remove = useMutationOf('grants.remove', ['apps', 'interfaces']);
  const ask = () =>
    confirm({
      title: t('remove'),
      effect: t('effect', { app, name }),
      verb: t('remove'),
      isDangerous: true,
      needsReason: true,
      run: ($reason) => remove.mutateAsync({ grantId, $reason }),
    });
  return (
    <Button
      type="text"
      size="small"
      icon={<Trash2 size={16} />}
      title={t('remove')}
      aria-label={`${t('remove')}: ${app} · ${name}`}
      onClick={ask}
    />
  );
}
