import { Button, Table } from 'antd';
import { FileBadge, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Panel } from '../../parts/page-header.tsx';
import { RemoveButton } from '../../parts/remove-button.tsx';
import styles from './caller-page.module.css';
import { CertificateDialog } from './certificate-dialog.tsx';
import { SecretOnce } from './secret-once.tsx';

const TEXTS = defineTexts({
  title: ['总线网关的身份', 'Identities at the bus front'],
  help: [
    '内部系统调用总线网关时，用令牌或客户端证书表明是这个应用；开放网关用上面的密钥。',
    'An internal system shows the bus front by token or client certificate that it is this app; the open front takes the keys above.',
  ],
  kind: ['方式', 'By'],
  token: ['令牌', 'Token'],
  certificate: ['客户端证书', 'Client certificate'],
  mark: ['标识', 'Mark'],
  createToken: ['生成令牌', 'Make a token'],
  addCertificate: ['登记证书', 'Register a certificate'],
  made: ['总线令牌', 'Bus token'],
  removeEffect: [
    '一秒内，以此身份调用总线网关会被拒绝；无法恢复。',
    'Within a second calls of the bus front by it are refused; this cannot be undone.',
  ],
  empty: ['还没有：此应用不能调用总线网关。', 'None yet: this app cannot call the bus front.'],
});

type Consumer = Outputs['bus-consumers.list']['items'][number];

/** By what the app is known at the bus front. */
export function BusConsumersPanel({ appId }: { readonly appId: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const consumers = useQueryOf('bus-consumers.list', {});
  const create = useMutationOf('bus-consumers.create-token', ['apps']);
  const [isAdding, setAdding] = useState(false);
  const own = consumers.data?.items.filter(({ value }) => value.appId === appId);
  const mayEdit = may('callers.edit');
  const acts = mayEdit ? (
    <>
      <Button icon={<FileBadge size={16} />} onClick={() => setAdding(true)}>
        {t('addCertificate')}
      </Button>
      <Button icon={<Plus size={16} />} loading={create.isPending} onClick={() => create.mutate({ appId })}>
        {t('createToken')}
      </Button>
    </>
  ) : null;
  return (
    <Panel title={t('title')} extra={acts} help={t('help')}>
      {[consumers.error, create.error].map((error, index) => (error === null ? null : <ErrorBox key={index} error={error} />))}
      {own?.length === 0 ? <span className={styles.quiet}>{t('empty')}</span> : <ConsumerTable consumers={own} mayEdit={mayEdit} />}
      {create.data === undefined ? null : <SecretOnce title={t('made')} secret={create.data.token} onClose={() => create.reset()} />}
      {isAdding ? <CertificateDialog appId={appId} onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}

interface ConsumerTableProps {
  readonly consumers: readonly Consumer[] | undefined;
  readonly mayEdit: boolean;
}

function ConsumerTable({ consumers, mayEdit }: ConsumerTableProps) {
  const t = useTexts(TEXTS);
  const remove = useMutationOf('bus-consumers.remove', ['apps']);
  return (
    <Table<Consumer>
      size="small"
      rowKey={({ id }) => id}
      dataSource={[...(consumers ?? [])]}
      loading={consumers === undefined}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      columns={[
        {
          title: t('kind'),
          render: (_value, { value }) => t(value.certificateFingerprint === undefined ? 'token' : 'certificate'),
        },
        { title: t('mark'), render: (_value, { id, value }) => <CopyText text={value.certificateFingerprint ?? id} isShort /> },
        {
          width: 48,
          render: (_value, { id }) =>
            mayEdit ? (
              <RemoveButton isSmall name={id} effect={t('removeEffect')} run={($reason) => remove.mutateAsync({ id, $reason })} />
            ) : null,
        },
      ]}
    />
  );
}
