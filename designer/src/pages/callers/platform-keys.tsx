/** The platform's own keys: the one that signs responses, and those for which callers encrypt. */
import type { Input, Output } from '../../api/operation-types.ts';
import { Button, Dropdown } from 'antd';
import { Plus } from 'lucide-react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { KeyStateTag } from './key-state-tag.tsx';

const TEXTS = defineTexts({
  label: ['平台密钥', 'Platform keys'],
  id: ['密钥编号', 'Key id'],
  use: ['用途', 'Use'],
  sign: ['为响应签名', 'Signs responses'],
  encrypt: ['供调用方加密', 'Callers encrypt for it'],
  algorithm: ['算法', 'Algorithm'],
  state: ['状态', 'State'],
  made: ['创建', 'Made'],
  expires: ['到期', 'Expires'],
  public: ['公钥', 'Public key'],
  create: ['新建密钥', 'New key'],
  'sign-sm2': ['签名密钥（SM2）', 'Signing key (SM2)'],
  'sign-rsa': ['兼容签名的签名密钥（RSA）', 'Signing key for compatibility profiles (RSA)'],
  'encrypt-sm2': ['加密密钥（SM2）', 'Encryption key (SM2)'],
  'encrypt-rsa': ['加密密钥（RSA）', 'Encryption key (RSA)'],
  createEffect: [
    '新密钥先处于待启用状态：调用方可通过 GET /open/v1/platform-keys 提前获取，平台还不使用它。',
    'The new key is pending at first: callers can fetch it by GET /open/v1/platform-keys, and the platform does not use it yet.',
  ],
  activate: ['启用', 'Activate'],
  activateSign: [
    '平台随即改用“{{id}}”为响应签名，没有获取它的调用方将无法验证响应。现用的签名密钥再保留 7 天，供验证已有的响应。',
    'From now on the platform signs responses with "{{id}}": callers that have not fetched it cannot verify them. The present signing key is listed for seven more days.',
  ],
  activateProfiles: [
    '微信支付 v3 形式、支付宝形式的调用方随即收到由“{{id}}”签名的响应，没有获取它的调用方将无法验证。现用的同类密钥再保留 7 天，供验证已有的响应。',
    'From now on callers in the forms of WeChat Pay v3 and Alipay get responses signed with "{{id}}"; those that have not fetched it cannot verify them. The present key of this kind is listed for seven more days.',
  ],
  activateEncrypt: [
    '调用方可以改用“{{id}}”加密。同类的现用密钥再保留 7 天，期间仍可解密。',
    'Callers can encrypt for "{{id}}". The present key of this kind still decrypts for seven more days.',
  ],
  revoke: ['吊销', 'Revoke'],
  revokeEffect: [
    '“{{id}}”一秒内失效：用它加密的请求全部被拒绝，它签名的响应不应再被信任。此操作无法恢复。',
    'Within a second "{{id}}" is invalid: requests encrypted for it are refused, and responses signed with it should not be trusted. This cannot be undone.',
  ],
  empty: ['没有平台密钥', 'No platform keys'],
});

type Key = Output<'platform-keys.list'>['items'][number];
type Kind = Input<'platform-keys.create'>['kind'];
const KINDS = ['sign-sm2', 'sign-rsa', 'encrypt-sm2', 'encrypt-rsa'] as const satisfies readonly Kind[];

export function PlatformKeys() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const keys = useListOf('platform-keys.list', {});
  return (
    <DataTable<Key>
      label={t('label')}
      rows={keys.data?.items}
      rowKey={({ keyId }) => keyId}
      searchText={({ keyId, algorithm }) => `${keyId} ${algorithm}`}
      columns={[
        { key: 'id', title: t('id'), value: ({ keyId }) => keyId, render: ({ keyId }) => <code>{keyId}</code> },
        { key: 'use', title: t('use'), value: ({ use }) => t(use), render: ({ use }) => t(use) },
        { key: 'algorithm', title: t('algorithm'), value: ({ algorithm }) => algorithm, render: ({ algorithm }) => algorithm },
        { key: 'state', title: t('state'), value: ({ state }) => state, render: ({ state }) => <KeyStateTag state={state} /> },
        { key: 'made', title: t('made'), value: ({ madeAt }) => madeAt, render: ({ madeAt }) => <TimeText at={madeAt} /> },
        {
          key: 'expires',
          title: t('expires'),
          value: ({ expiresAt }) => expiresAt,
          render: ({ expiresAt }) => <ExpiryText at={expiresAt} />,
        },
        { key: 'public', title: t('public'), render: ({ publicPem }) => <CopyText text={publicPem} isShort /> },
        { key: 'acts', title: '', render: (key) => (may('callers.edit') ? <PlatformKeyActs platformKey={key} /> : null) },
      ]}
      isLoading={keys.isPending}
      error={keys.error}
      onRefresh={() => void keys.refetch()}
      actions={may('callers.edit') ? <NewPlatformKey /> : null}
      empty={<EmptyState title={t('empty')} />}
      exportName="platform-keys"
    />
  );
}

function NewPlatformKey() {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const create = useMutationOf('platform-keys.create');
  const ask = (kind: Kind) =>
    confirm({
      ...{ title: t(kind), effect: t('createEffect'), verb: t('create'), needsReason: true },
      run: ($reason) => create.mutateAsync({ kind, $reason }),
    });
  return (
    <Dropdown trigger={['click']} menu={{ items: KINDS.map((key) => ({ key, label: t(key), onClick: () => ask(key) })) }}>
      <Button icon={<Plus size={16} />}>{t('create')}</Button>
    </Dropdown>
  );
}

function PlatformKeyActs({ platformKey: { keyId, use, algorithm, state } }: { readonly platformKey: Key }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const activate = useMutationOf('platform-keys.activate');
  const revoke = useMutationOf('platform-keys.revoke');
  const isSm2 = algorithm === 'SM2-SM3';
  const askToActivate = () =>
    confirm({
      title: t('activate'),
      effect: t(use === 'encrypt' ? 'activateEncrypt' : isSm2 ? 'activateSign' : 'activateProfiles', { id: keyId }),
      ...{ verb: t('activate'), needsReason: true },
      run: ($reason) => activate.mutateAsync({ keyId, $reason }),
    });
  const askToRevoke = () =>
    confirm({
      ...{ title: t('revoke'), effect: t('revokeEffect', { id: keyId }), verb: t('revoke'), isDangerous: true, needsReason: true },
      run: ($reason) => revoke.mutateAsync({ keyId, $reason }),
    });
  const isSigner = use === 'sign' && isSm2 && state === 'ACTIVE';
  return (
    <>
      {state === 'PENDING' ? (
        <Button type="link" size="small" onClick={askToActivate}>
          {t('activate')}
        </Button>
      ) : null}
      {state === 'REVOKED' || isSigner ? null : (
        <Button type="link" size="small" danger onClick={askToRevoke}>
          {t('revoke')}
        </Button>
      )}
    </>
  );
}
