import { Button, Modal, Select } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useListOf } from '../../api/queries.ts';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { OfferList, type Offer } from '../../node-panel/offer-list.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { beginWithSoap } from '../../model/commands/begin-flow.ts';
import { middleOfView } from '../commands/add-chosen.ts';
import { useCanvasTools } from '../state/canvas-context.tsx';
import { fitAll } from '../commands/view-commands.ts';
import styles from './soap-starter.module.css';

const TEXTS = defineTexts({
  title: ['接口转 SOAP：调用医院的哪个操作？', 'REST to SOAP: which operation of which hospital?'],
  hospital: ['医院系统', 'Hospital system'],
  hospitalHelp: ['来自“适配器”：地址、凭据和限额已在那里设好。', 'One of the adapters, which define address, credential and limits.'],
  choose: ['选择医院系统', 'Choose the hospital system'],
  operation: ['操作', 'Operation'],
  operationHelp: [
    '从医院的服务描述（WSDL）读取；医院给的是文件时，请在适配器中上传。选好后，校验、字段映射、调用和一条可试运行的样例都会自动生成。',
    'Read from the hospital’s own description (WSDL), or from its files if they are uploaded at the adapter. The check, mappings, call and a sample for a trial are created from it.',
  ],
  none: [
    '还没有 SOAP 适配器。请先新建一个，填写医院给的地址。',
    'There is no SOAP adapter yet. Create one first, with the address that the hospital gave you.',
  ],
  create: ['新建适配器', 'New adapter'],
  begin: ['生成流程', 'Create the flow'],
  bare: ['只放节点，稍后再填', 'Only the nodes, to be configured later'],
});

interface SoapStarterProps {
  /** Called if the user wants the chain of nodes without any settings. */
  readonly onBare: () => void;
  readonly onClose: () => void;
}

/** Asks for the facts that a flow to a SOAP service needs, and inserts the filled-in chain. */
export function SoapStarter({ onBare, onClose }: SoapStarterProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const tools = useCanvasTools();
  const types = useEditor((editor) => editor.types);
  const adapters = useListOf('adapters.list', {});
  const hospitals = (adapters.data?.items ?? []).filter(({ protocol }) => protocol === 'soap');
  const [chosen, setChosen] = useState<string>();
  const [offer, setOffer] = useState<Offer>();
  const hospital = hospitals.find(({ adapterId }) => adapterId === chosen) ?? (hospitals.length === 1 ? hospitals[0] : undefined);
  const begin = () => {
    if (hospital === undefined || offer === undefined) return;
    const { adapterId: adapter, name } = hospital;
    const at = middleOfView(tools);
    const { document } = tools.editor.getState().history;
    tools.perform(beginWithSoap(document, types, { adapter, offer, language: tools.language, hospital: text(name), at }));
    onClose();
    // The new nodes are rendered only after this event, so fit the view in the next frame.
    requestAnimationFrame(() => fitAll(tools));
  };
  return (
    <Modal
      open
      width={640}
      title={t('title')}
      onCancel={onClose}
      footer={
        <div className={styles.acts}>
          <Button type="link" onClick={onBare}>
            {t('bare')}
          </Button>
          <Button type="primary" disabled={hospital === undefined || offer === undefined} onClick={begin}>
            {t('begin')}
          </Button>
        </div>
      }
    >
      {adapters.data !== undefined && hospitals.length === 0 ? (
        <p>
          {t('none')} <Link to="/adapters/new?protocol=soap">{t('create')}</Link>
        </p>
      ) : (
        <>
          <label className={styles.field}>
            {t('hospital')}
            <Select
              aria-label={t('hospital')}
              placeholder={t('choose')}
              loading={adapters.isPending}
              value={hospital?.adapterId ?? null}
              options={hospitals.map(({ adapterId, name, owner }) => ({ value: adapterId, label: `${text(name)} · ${owner}` }))}
              onChange={(value: string | null) => {
                setChosen(value ?? undefined);
                setOffer(undefined);
              }}
            />
            <span className={styles.help}>{t('hospitalHelp')}</span>
          </label>
          {hospital === undefined ? null : (
            <div className={styles.field}>
              {t('operation')}
              <span className={styles.help}>{t('operationHelp')}</span>
              <OfferList
                key={hospital.adapterId}
                adapterId={hospital.adapterId}
                nodeType="soap.call@1"
                chosen={offer?.name}
                onChoose={setOffer}
              />
            </div>
          )}
        </>
      )}
    </Modal>
  );
}
