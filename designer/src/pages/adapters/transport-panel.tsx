import { Button, Modal } from 'antd';
import { Share2 } from 'lucide-react';
import { useState } from 'react';
import type { Output } from '../../api/operation-types.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { UseList } from '../../kit/feedback/remove-button.tsx';
import { SchemaForm, type FormValue } from '../../kit/form/schema-form.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';
import { StateTag } from '../../release/interface-parts.tsx';
import { useMay } from '../../session/session-context.ts';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  title: ['传输组件 API', 'Transport API'],
  help: [
    '开放后，本服务域中获得授权的应用可经总线网关直接调用此适配器，不必另建流程。限额、日志、授权在接口页设置；下线或删除接口即停止开放。',
    'Granted apps of this domain then call the adapter over the bus front without a flow of their own. Limits, log and grants are on the page of the interface; take it offline or delete it to stop.',
  ],
  offer: ['开放', 'Offer'],
  offerMore: ['开放另一个操作', 'Offer another operation'],
  dialog: ['开放“{{name}}”', 'Offer "{{name}}"'],
  cancel: ['取消', 'Cancel'],
  docs: ['总线网关的 OpenAPI 页', 'OpenAPI page of the bus front'],
});

type Operation = Output<'transport.list'>['items'][number];

/** Shows which operations of the adapter callers may use, and offers them. */
export function TransportPanel({ adapterId }: { readonly adapterId: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const operations = useQueryOf('transport.list', { adapterId }, { enabled: may('interfaces.read') });
  const [chosen, setChosen] = useState<Operation>();
  const items = operations.data?.items ?? [];
  if (items.length === 0) return null;
  const docs = (
    <a href="/api/docs/bus" target="_blank" rel="noopener">
      {t('docs')}
    </a>
  );
  return (
    <Panel title={t('title')} help={t('help')} extra={docs}>
      <ul className={styles.steps}>
        {items.map((item) => (
          <OperationLine key={item.operation} item={item} onOffer={() => setChosen(item)} />
        ))}
      </ul>
      {chosen === undefined ? null : <OfferDialog adapterId={adapterId} item={chosen} onClose={() => setChosen(undefined)} />}
    </Panel>
  );
}

function OperationLine({ item, onOffer }: { readonly item: Operation; readonly onOffer: () => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const isAllowed = (['interfaces.edit', 'interfaces.publish', 'flows.edit', 'flows.publish'] as const).every(may);
  const isOfferedOften = item.operation.startsWith('soap.');
  const uses = item.offered.map(({ interfaceId, path, state }) => ({
    ...{ label: path, to: `/interfaces/${interfaceId}`, mark: <StateTag state={state} /> },
  }));
  return (
    <li>
      <div className={styles.step}>
        <strong>{text(item.text.label)}</strong>
        {isAllowed && (isOfferedOften || uses.length === 0) ? (
          <Button size="small" icon={<Share2 size={14} />} onClick={onOffer}>
            {t(uses.length === 0 ? 'offer' : 'offerMore')}
          </Button>
        ) : null}
      </div>
      <div className={styles.quiet}>{text(item.text.help)}</div>
      {uses.length === 0 ? null : <UseList uses={uses} />}
    </li>
  );
}

interface OfferDialogProps {
  readonly adapterId: string;
  readonly item: Operation;
  readonly onClose: () => void;
}

function OfferDialog({ adapterId, item, onClose }: OfferDialogProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const offer = useMutationOf('transport.offer', ['adapters', 'interfaces', 'flows']);
  const [settings, setSettings] = useState<FormValue>({});
  const submit = async () => {
    await offer.mutateAsync({ adapterId, operation: item.operation, settings });
    onClose();
  };
  return (
    <Modal
      open
      title={t('dialog', { name: text(item.text.label) })}
      okText={t('offer')}
      cancelText={t('cancel')}
      confirmLoading={offer.isPending}
      onCancel={onClose}
      onOk={() => void submit().catch(() => undefined)}
    >
      <p className={styles.quiet}>{text(item.text.help)}</p>
      <SchemaForm editors={FIELD_EDITORS} schema={item.settings} value={settings} isFresh onChange={setSettings} />
      {offer.error === null ? null : <ErrorBox error={offer.error} />}
    </Modal>
  );
}
