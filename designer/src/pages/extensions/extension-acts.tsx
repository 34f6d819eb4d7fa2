/** What a person may do with a version of an extension. */
import { Button } from 'antd';
import { Trash2 } from 'lucide-react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { useMay, useMe } from '../../session/session-context.ts';
import type { Extension } from './extension-words.ts';
import styles from './extensions.module.css';

const TEXTS = defineTexts({
  confirm: ['确认', 'Confirm'],
  confirmEffect: [
    '确认 {{id}} 来自发布者 {{publisher}}，可访问所列系统并占用所列资源。摘要（SM3）：{{digest}}',
    'Confirms that {{id}} is of the publisher {{publisher}}, may reach the systems listed and use the resources listed. Digest (SM3): {{digest}}',
  ],
  enable: ['启用', 'Enable'],
  enableEffect: [
    '启用 {{id}}；同一主版本的其他版本随之停用。',
    'Enables {{id}}. The version with the same first number that is enabled now is disabled.',
  ],
  disable: ['停用', 'Disable'],
  disableEffect: [
    '停用 {{id}}。使用它的流程的消息将等待重试，直到再次启用：{{flows}}',
    'Disables {{id}}. Messages of flows that use it wait until it is enabled again: {{flows}}',
  ],
  remove: ['移除', 'Remove'],
  removeEffect: ['移除 {{id}} 及其扩展包。有流程使用时会被拒绝。', 'Removes {{id}} with its package. Refused while flows use it.'],
  nobody: ['无', 'none'],
  between: ['、', ', '],
});

export function ExtensionActs({ extension }: { readonly extension: Extension }) {
  const may = useMay();
  const { state } = extension;
  return (
    <div className={styles.acts}>
      {state === 'waiting' && may('extensions.approve') ? <ConfirmButton extension={extension} /> : null}
      {state !== 'waiting' && may('extensions.edit') ? <SwitchButton extension={extension} /> : null}
      {may('extensions.edit') ? <RemoveButton extension={extension} /> : null}
    </div>
  );
}

interface Shown {
  readonly extension: Extension;
}

function ConfirmButton({ extension: { id, publisher, digest, uploadedBy } }: Shown) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const me = useMe();
  const install = useMutationOf('extensions.install', ['nodes']);
  if (me.name === uploadedBy) return null;
  const ask = () =>
    confirm({
      title: t('confirm'),
      effect: t('confirmEffect', { id, publisher, digest }),
      verb: t('confirm'),
      isWide: true,
      needsReason: true,
      run: (reason) => install.mutateAsync({ id, digest, reason }),
    });
  return (
    <Button size="small" type="primary" aria-label={`${t('confirm')} ${id}`} onClick={ask}>
      {t('confirm')}
    </Button>
  );
}

function SwitchButton({ extension: { id, revision, state, usedBy } }: Shown) {
  const t = useTexts(TEXTS);
  const text = useText();
  const confirm = useConfirm();
  const enable = useMutationOf('extensions.enable', ['nodes']);
  const disable = useMutationOf('extensions.disable', ['nodes']);
  const flows = usedBy.map(({ flowId, name }) => text(name) || flowId).join(t('between')) || t('nobody');
  const ask = () =>
    state === 'enabled'
      ? confirm({
          title: t('disable'),
          effect: t('disableEffect', { id, flows }),
          verb: t('disable'),
          isDangerous: true,
          needsReason: true,
          run: (reason) => disable.mutateAsync({ id, revision, reason }),
        })
      : confirm({
          title: t('enable'),
          effect: t('enableEffect', { id }),
          verb: t('enable'),
          run: () => enable.mutateAsync({ id, revision }),
        });
  const verb = t(state === 'enabled' ? 'disable' : 'enable');
  return (
    <Button size="small" aria-label={`${verb} ${id}`} onClick={ask}>
      {verb}
    </Button>
  );
}

function RemoveButton({ extension: { id } }: Shown) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const remove = useMutationOf('extensions.remove', ['nodes']);
  const ask = () =>
    confirm({
      title: t('remove'),
      effect: t('removeEffect', { id }),
      verb: t('remove'),
      isDangerous: true,
      needsReason: true,
      run: ($reason) => remove.mutateAsync({ id, $reason }),
    });
  return <Button type="text" size="small" icon={<Trash2 size={16} />} aria-label={`${t('remove')} ${id}`} onClick={ask} />;
}
