import { Button, Drawer } from 'antd';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { SessionTable } from './session-table.tsx';

const TEXTS = defineTexts({
  title: ['“{{name}}”的会话与令牌', 'Sessions and tokens of "{{name}}"'],
  endAll: ['全部结束', 'End all'],
  endAllEffect: ['“{{name}}”的全部会话和令牌立即失效。', 'All sessions and tokens of "{{name}}" end now.'],
});

/** Lets an administrator end the sessions of another account. */
export function SessionsDrawer({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const sessions = useListOf('accounts.sessions', { name });
  const end = useMutationOf('accounts.end-sessions');
  return (
    <Drawer open size={960} title={t('title', { name })} onClose={onClose}>
      <SessionTable
        rows={sessions.data?.items}
        isLoading={sessions.isPending}
        error={sessions.error}
        onRefresh={() => void sessions.refetch()}
        onEnd={(id) => end.mutateAsync({ name, id })}
        actions={
          <Button
            danger
            onClick={() =>
              confirm({
                title: t('endAll'),
                effect: t('endAllEffect', { name }),
                verb: t('endAll'),
                isDangerous: true,
                needsReason: true,
                run: ($reason) => end.mutateAsync({ name, $reason }),
              })
            }
          >
            {t('endAll')}
          </Button>
        }
      />
    </Drawer>
  );
}
