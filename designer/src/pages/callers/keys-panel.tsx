import type { Output } from '../../api/operation-types.ts';
import { Button, Table } from 'antd';
import { Plus, Upload } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { KeyStateTag } from './key-state-tag.tsx';
import { NewKeyDialog } from './new-key-dialog.tsx';
import { useSchemeLabel } from './scheme-label.ts';
import { ProveKeyDialog } from './prove-key-dialog.tsx';

const TEXTS = defineTexts({
  title: ['密钥', 'Keys'],
  id: ['密钥编号', 'Key id'],
  scheme: ['签名方案', 'Scheme'],
  purpose: ['用途', 'Purpose'],
  sign: ['签名', 'Signing'],
  encrypt: ['加密', 'Encryption'],
  state: ['状态', 'State'],
  fingerprint: ['指纹', 'Fingerprint'],
  created: ['创建', 'Made'],
  expires: ['到期', 'Expires'],
  upload: ['上传公钥', 'Upload a public key'],
  secret: ['生成共享密钥', 'Create a shared secret'],
  activate: ['激活', 'Activate'],
  retire: ['退役', 'Retire'],
  retireEffect: [
    '密钥“{{id}}”再验签 7 天后自动失效，不再计入两把启用密钥的上限。请在此之前换用新密钥。',
    'The key "{{id}}" stays valid for seven more days and then expires; it no longer counts as one of the two active keys. Switch to the new key within that time.',
  ],
  revoke: ['吊销', 'Revoke'],
  revokeEffect: [
    '密钥“{{id}}”一秒内失效，用它签名的调用全部被拒绝，且无法恢复。',
    'Within a second calls signed with the key "{{id}}" are refused; this cannot be undone.',
  ],
  empty: ['还没有密钥，此应用无法签名', 'No keys yet: this app cannot sign'],
});

type Key = Output<'keys.list'>['items'][number];

/** Shows the keys with which the app signs, and those for which the platform encrypts, and offers all actions from upload to revocation. */
export function KeysPanel({ appId }: { readonly appId: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const schemeLabel = useSchemeLabel();
  const keys = useListOf('keys.list', { appId });
  const [made, setMade] = useState<'public' | 'secret'>();
  const create = may('callers.edit') ? (
    <>
      <Button icon={<Upload size={16} />} onClick={() => setMade('public')}>
        {t('upload')}
      </Button>
      <Button icon={<Plus size={16} />} onClick={() => setMade('secret')}>
        {t('secret')}
      </Button>
    </>
  ) : null;
  return (
    <Panel title={t('title')} extra={create}>
      {keys.error === null ? null : <ErrorBox error={keys.error} onRetry={() => void keys.refetch()} />}
      <Table<Key>
        size="small"
        rowKey={({ keyId }) => keyId}
        dataSource={[...(keys.data?.items ?? [])]}
        loading={keys.isPending}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <EmptyState needs="callers.edit" title={t('empty')} /> }}
        columns={[
          { title: t('id'), render: (_value, { keyId }) => <code>{keyId}</code> },
          { title: t('purpose'), render: (_value, { purpose = 'sign' }) => t(purpose) },
          { title: t('scheme'), render: (_value, { scheme }) => schemeLabel(scheme) },
          {
            title: t('state'),
            render: (_value, { state }) => <KeyStateTag state={state} />,
          },
          { title: t('fingerprint'), render: (_value, { fingerprint }) => <CopyText text={fingerprint} isShort /> },
          { title: t('created'), render: (_value, { createdAt }) => <TimeText at={createdAt} /> },
          { title: t('expires'), render: (_value, { expiresAt }) => <ExpiryText at={expiresAt} /> },
          { title: '', render: (_value, key) => (may('callers.edit') ? <KeyActs appKey={key} /> : null) },
        ]}
      />
      {made === undefined ? null : <NewKeyDialog appId={appId} kind={made} onClose={() => setMade(undefined)} />}
    </Panel>
  );
}

function KeyActs({ appKey }: { readonly appKey: Key }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const retire = useMutationOf('keys.retire', ['apps']);
  const revoke = useMutationOf('keys.revoke', ['apps']);
  const [isProving, setProving] = useState(false);
  const { appId, keyId, state } = appKey;
  const ask = (action: 'retire' | 'revoke') =>
    confirm({
      title: t(action),
      effect: t(action === 'retire' ? 'retireEffect' : 'revokeEffect', { id: keyId }),
      verb: t(action),
      isDangerous: action === 'revoke',
      needsReason: true,
      run: ($reason) => (action === 'retire' ? retire : revoke).mutateAsync({ appId, keyId, $reason }),
    });
  return (
    <>
      {state === 'PENDING' ? (
        <Button type="link" size="small" onClick={() => setProving(true)}>
          {t('activate')}
        </Button>
      ) : null}
      {state === 'ACTIVE' ? (
        <Button type="link" size="small" onClick={() => ask('retire')}>
          {t('retire')}
        </Button>
      ) : null}
      {state === 'REVOKED' ? null : (
        <Button type="link" size="small" danger onClick={() => ask('revoke')}>
          {t('revoke')}
        </Button>
      )}
      {isProving ? <ProveKeyDialog appKey={appKey} onClose={() => setProving(false)} /> : null}
    </>
  );
}
