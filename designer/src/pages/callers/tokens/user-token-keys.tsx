/** The public keys with which the user gateway verifies the tokens of citizens. */
import type { Output } from '../../../api/operation-types.ts';
import { Button } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../../api/queries.ts';
import { useMay } from '../../../session/session-context.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { DataTable } from '../../../kit/table/data-table.tsx';
import { EmptyState } from '../../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../../kit/feedback/remove-button.tsx';
import { UserTokenKeyDialog } from './user-token-key-dialog.tsx';

const TEXTS = defineTexts({
  label: ['用户令牌公钥', 'User token keys'],
  kid: ['密钥编号（kid）', 'Key id (kid)'],
  issuer: ['签发者（iss）', 'Issuer (iss)'],
  audience: ['受众（aud）', 'Audience (aud)'],
  alg: ['算法', 'Algorithm'],
  add: ['添加公钥', 'Add a key'],
  removeEffect: [
    '一秒内，持有“{{issuer}}”用此密钥签发的令牌的所有用户，调用用户网关都会被拒绝。请先确认签发者已改用其他密钥。',
    'Within a second the user gateway refuses all tokens that "{{issuer}}" signed with this key. First make sure that the issuer signs with another key.',
  ],
  removeLast: ['这是唯一的公钥：删除后，任何用户都不能调用用户网关。', 'It is the only key: without it no one can call the user gateway.'],
  empty: ['还没有公钥：用户网关拒绝所有用户', 'No keys yet: the user gateway refuses all calls'],
  emptyNext: [
    '向市民登录系统索取签发令牌所用的公钥，添加到这里。',
    'Get the public key of the system where citizens log in, and add it here.',
  ],
});

type TokenKey = Output<'user-token-keys.list'>['items'][number];

export function UserTokenKeys() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const keys = useListOf('user-token-keys.list', {});
  const remove = useMutationOf('user-token-keys.remove');
  const [isAdding, setAdding] = useState(false);
  const mayEdit = may('callers.edit');
  const isLast = keys.data?.items.length === 1;
  const effect = ({ value: { issuer } }: TokenKey) => `${t('removeEffect', { issuer })}${isLast ? t('removeLast') : ''}`;
  const add = mayEdit ? (
    <Button icon={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<TokenKey>
        label={t('label')}
        rows={keys.data?.items}
        rowKey={({ id }) => id}
        searchText={({ value: { kid, issuer, audience } }) => `${kid} ${issuer} ${audience}`}
        columns={[
          { key: 'kid', title: t('kid'), value: ({ id }) => id, render: ({ id }) => <code>{id}</code> },
          { key: 'issuer', title: t('issuer'), value: ({ value }) => value.issuer, render: ({ value }) => value.issuer },
          { key: 'audience', title: t('audience'), value: ({ value }) => value.audience, render: ({ value }) => value.audience },
          { key: 'alg', title: t('alg'), value: ({ value }) => value.alg, render: ({ value }) => value.alg },
          {
            key: 'acts',
            title: '',
            width: 56,
            render: (key) =>
              mayEdit ? (
                <RemoveButton isSmall name={key.id} effect={effect(key)} run={($reason) => remove.mutateAsync({ id: key.id, $reason })} />
              ) : null,
          },
        ]}
        isLoading={keys.isPending}
        error={keys.error}
        onRefresh={() => void keys.refetch()}
        actions={add}
        empty={<EmptyState needs="callers.edit" title={t('empty')} next={t('emptyNext')} action={add} />}
        exportName="user-token-keys"
      />
      {isAdding ? <UserTokenKeyDialog onClose={() => setAdding(false)} /> : null}
    </>
  );
}
