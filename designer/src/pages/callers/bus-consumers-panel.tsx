import type { Output } from '../../api/operation-types.ts';
import { Button, Table } from 'antd';
import { FileBadge, Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { BusTokenDialog } from './bus-token-dialog.tsx';
import styles from './caller-page.module.css';
import { CertificateDialog } from './certificate-dialog.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';

const TEXTS = defineTexts({
  title: ['总线网关的身份', 'Identities at the bus front'],
  help: [
    '内部系统调用总线网关时，用令牌或客户端证书表明是这个应用；开放网关用上面的密钥。',
    'An internal system identifies itself as this app at the bus front with a token or client certificate; the open front uses the keys above.',
  ],
  kind: ['方式', 'By'],
  token: ['令牌', 'Token'],
  certificate: ['客户端证书', 'Client certificate'],
  mark: ['标识', 'Mark'],
  createToken: ['生成令牌', 'Create a token'],
  addCertificate: ['登记证书', 'Register a certificate'],
  label: ['用于', 'Used by'],
  noLabel: ['未注明', 'Not specified'],
  created: ['登记时间', 'Registered'],
  expires: ['到期', 'Expires'],
  removeEffect: [
    '“{{holder}}”将失去访问：一秒内，它以此{{kind}}调用总线网关会被拒绝；无法恢复。',
    '"{{holder}}" loses access: within a second its calls to the bus gateway with this {{kind}} are refused; this cannot be undone.',
  ],
  unknownHolder: ['应用 {{appId}} 中使用它的系统（登记时未注明）', 'The system of the app {{appId}} that uses it (not specified)'],
  empty: ['还没有：此应用不能调用总线网关。', 'None yet: this app cannot call the bus front.'],
});

type Consumer = Output<'bus-consumers.list'>['items'][number];

/** Shows the identities by which the bus gateway recognises the app. */
export function BusConsumersPanel({ appId }: { readonly appId: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const consumers = useListOf('bus-consumers.list', {});
  const [opened, setOpened] = useState<'token' | 'certificate'>();
  const close = () => setOpened(undefined);
  const own = consumers.data?.items.filter(({ value }) => value.appId === appId);
  const mayEdit = may('callers.edit');
  const acts = mayEdit ? (
    <>
      <Button icon={<FileBadge size={16} />} onClick={() => setOpened('certificate')}>
        {t('addCertificate')}
      </Button>
      <Button icon={<Plus size={16} />} onClick={() => setOpened('token')}>
        {t('createToken')}
      </Button>
    </>
  ) : null;
  return (
    <Panel title={t('title')} extra={acts} help={t('help')}>
      {consumers.error === null ? null : <ErrorBox error={consumers.error} />}
      {own?.length === 0 ? <span className={styles.quiet}>{t('empty')}</span> : <ConsumerTable consumers={own} mayEdit={mayEdit} />}
      {opened === 'token' ? <BusTokenDialog appId={appId} onClose={close} /> : null}
      {opened === 'certificate' ? <CertificateDialog appId={appId} onClose={close} /> : null}
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
  const kindOf = ({ value }: Consumer) => t(value.certificateFingerprint === undefined ? 'token' : 'certificate');
  const effect = (consumer: Consumer) => {
    const { label, appId } = consumer.value;
    return t('removeEffect', { holder: label ?? t('unknownHolder', { appId }), kind: kindOf(consumer) });
  };
  return (
    <Table<Consumer>
      size="small"
      rowKey={({ id }) => id}
      dataSource={[...(consumers ?? [])]}
      loading={consumers === undefined}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      columns={[
        { title: t('label'), render: (_value, { value }) => value.label ?? <span className={styles.quiet}>{t('noLabel')}</span> },
        { title: t('kind'), render: (_value, consumer) => kindOf(consumer) },
        { title: t('mark'), render: (_value, { id, value }) => <CopyText text={value.certificateFingerprint ?? id} isShort /> },
        { title: t('created'), render: (_value, { value }) => <TimeText at={value.createdAt} /> },
        { title: t('expires'), render: (_value, { value }) => <ExpiryText at={value.expiresAt} /> },
        {
          width: 48,
          render: (_value, consumer) =>
            mayEdit ? (
              <RemoveButton
                isSmall
                name={consumer.value.label ?? consumer.id}
                effect={effect(consumer)}
                run={($reason) => remove.mutateAsync({ id: consumer.id, $reason })}
              />
            ) : null,
        },
      ]}
    />
  );
}
