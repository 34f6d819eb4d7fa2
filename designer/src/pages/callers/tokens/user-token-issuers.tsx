/** Login systems that publish their public keys at an address, from which the user gateway fetches them. */
import type { Output } from '../../../api/operation-types.ts';
import { Button, Form, Input, Modal } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../../api/queries.ts';
import { useMay } from '../../../session/session-context.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { DataTable } from '../../../kit/table/data-table.tsx';
import { EmptyState } from '../../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { RemoveButton } from '../../../kit/feedback/remove-button.tsx';
import styles from '../caller-page.module.css';

const TEXTS = defineTexts({
  label: ['签发者（自动获取公钥）', 'Issuers whose keys are fetched'],
  issuer: ['签发者（iss）', 'Issuer (iss)'],
  audience: ['受众（aud）', 'Audience (aud)'],
  url: ['公钥地址（JWKS）', 'Address of the keys (JWKS)'],
  urlHelp: [
    'https:// 开头。用户网关每 10 分钟获取一次；连续一小时获取不到，就拒绝该签发者的令牌。内网地址须先在“系统 › 出站连接”中放行。',
    'Begins with https://. The user gateway fetches it every 10 minutes, and refuses tokens of the issuer when it could not for an hour. Allow a private address first (System, outgoing connections).',
  ],
  urlWrong: ['须为 https:// 开头的地址', 'Enter an address that begins with https://'],
  help: [
    '令牌的签发者与受众须与这里一致；上方登记的公钥优先。支持 ES256、RS256、PS256 和 SM2-SM3。',
    'Issuer and audience of a token must be these; the keys above take precedence. ES256, RS256, PS256 and SM2-SM3 are supported.',
  ],
  add: ['添加签发者', 'Add an issuer'],
  missing: ['请填写', 'Enter a value'],
  cancel: ['取消', 'Cancel'],
  removeEffect: [
    '一秒内，“{{issuer}}”签发的令牌除非另有登记的公钥，都会被拒绝。',
    'Within a second tokens of "{{issuer}}" are refused, unless a key is registered for them.',
  ],
  empty: ['没有自动获取公钥的签发者', 'No issuers whose keys are fetched'],
  emptyNext: [
    '登录系统提供 JWKS 地址时添加到这里，换钥后无需人工登记。',
    'If the login system publishes its keys as JWKS, add it here: new keys then need no one to register them.',
  ],
});

type Issuer = Output<'user-token-issuers.list'>['items'][number];

export function UserTokenIssuers() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const issuers = useListOf('user-token-issuers.list', {});
  const remove = useMutationOf('user-token-issuers.remove');
  const [isAdding, setAdding] = useState(false);
  const mayEdit = may('callers.edit');
  const add = mayEdit ? (
    <Button icon={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<Issuer>
        label={t('label')}
        rows={issuers.data?.items}
        rowKey={({ id }) => id}
        searchText={({ value: { issuer, audience } }) => `${issuer} ${audience}`}
        columns={[
          { key: 'issuer', title: t('issuer'), value: ({ id }) => id, render: ({ id }) => id },
          { key: 'audience', title: t('audience'), value: ({ value }) => value.audience, render: ({ value }) => value.audience },
          { key: 'url', title: t('url'), value: ({ value }) => value.jwksUrl, render: ({ value }) => <code>{value.jwksUrl}</code> },
          {
            key: 'acts',
            title: '',
            width: 56,
            render: ({ id }) =>
              mayEdit ? (
                <RemoveButton
                  isSmall
                  name={id}
                  effect={t('removeEffect', { issuer: id })}
                  run={($reason) => remove.mutateAsync({ id, $reason })}
                />
              ) : null,
          },
        ]}
        isLoading={issuers.isPending}
        error={issuers.error}
        onRefresh={() => void issuers.refetch()}
        actions={add}
        empty={<EmptyState needs="callers.edit" title={t('empty')} next={t('emptyNext')} action={add} />}
        exportName="user-token-issuers"
      />
      {isAdding ? <IssuerDialog onClose={() => setAdding(false)} /> : null}
    </>
  );
}

type Values = Issuer['value'];

function IssuerDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const save = useMutationOf('user-token-issuers.save');
  const [form] = Form.useForm<Values>();
  const submit = async (document: Values) => {
    await save.mutateAsync({ document });
    onClose();
  };
  const required = { required: true, whitespace: true, message: t('missing') };
  return (
    <Modal
      open
      title={t('add')}
      okText={t('add')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <div className={styles.stack}>
        <div>{t('help')}</div>
        <Form<Values> form={form} layout="vertical" requiredMark={false} onFinish={(values) => void submit(values).catch(() => undefined)}>
          <Form.Item name="issuer" label={t('issuer')} rules={[required]}>
            <Input autoFocus maxLength={300} placeholder="https://login.city.example" />
          </Form.Item>
          <Form.Item name="audience" label={t('audience')} rules={[required]}>
            <Input maxLength={300} />
          </Form.Item>
          <Form.Item
            name="jwksUrl"
            label={t('url')}
            extra={t('urlHelp')}
            rules={[{ required: true, pattern: /^https?:\/\/\S+$/, message: t('urlWrong') }]}
          >
            <Input maxLength={500} placeholder="https://login.city.example/.well-known/jwks.json" />
          </Form.Item>
        </Form>
        {save.error === null ? null : <ErrorBox error={save.error} />}
      </div>
    </Modal>
  );
}
