import { Form, Input, Modal, Radio } from 'antd';
import { useId, useMemo, useRef } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../../api/client.ts';
import type { FlowItem } from '../../api/operations.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useGuide } from '../../guide/guide-store.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { copyFlow, newFlow } from '../../model/flow/new-flow.ts';
import { createNodeTypes } from '../../model/flow/node-types.ts';
import { startersFor } from '../../model/commands/starters.ts';
import { DomainSelect, useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './flows-page.module.css';

const TEXTS = defineTexts({
  title: ['新建流程', 'New flow'],
  copy: ['复制流程', 'Duplicate the flow'],
  name: ['名称', 'Name'],
  nameHelp: ['说清它做什么，例如：市民预约挂号', 'Describe what it does, for example: citizens book an appointment'],
  missing: ['请填写名称', 'Enter the name'],
  domain: ['服务域', 'Domain'],
  domainHelp: ['医院或部门；只有拥有该服务域的账号能查看和修改。', 'A hospital or department; accounts with this domain see and edit it.'],
  begin: ['从什么开始', 'Start from'],
  blank: ['空白画布', 'An empty canvas'],
  domainMissing: ['请选择服务域', 'Choose a domain'],
  create: ['创建并打开', 'Create and open'],
  cancel: ['取消', 'Cancel'],
  copyName: ['{{name}} 的副本', 'Copy of {{name}}'],
});

interface NewFlowDialogProps {
  readonly copyOf?: FlowItem;
  readonly onClose: () => void;
}

interface Values {
  readonly name: string;
  readonly domain: string;
  /** Id of the starter chain for the new flow. */
  readonly starter?: string;
}

const BLANK = '';

/** Creates a flow. Only a name is required; everything else is edited on the canvas. */
export function NewFlowDialog(props: NewFlowDialogProps) {
  const start = useStartDomain();
  // Wait until the domain is loaded, so that the form has it from the start.
  return start === undefined ? null : <Dialog {...props} domain={props.copyOf?.domain ?? start} />;
}

function Dialog({ copyOf, domain: start, onClose }: NewFlowDialogProps & { readonly domain: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const save = useMutationOf('flows.save');
  const formId = useId();
  // True while the flow is being created. A second press of Enter may come before the button is disabled.
  const isUnderWay = useRef(false);
  const create = async ({ name, domain, starter = BLANK }: Values) => {
    const source = copyOf === undefined ? undefined : await call('flows.get', { flowId: copyOf.flowId });
    const document = source === undefined ? newFlow(name.trim(), domain) : copyFlow(source, name.trim(), domain);
    await save.mutateAsync({ flowId: document.flowId, document });
    useGuide.getState().finish('create');
    void go(`/flows/${document.flowId}${starter === BLANK ? '' : `?begin=${starter}`}`);
  };
  const submit = (values: Values) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    create(values).catch(() => (isUnderWay.current = false));
  };
  return (
    <Modal
      open
      width={520}
      title={copyOf === undefined ? t('title') : t('copy')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      okButtonProps={{ htmlType: 'submit', form: formId }}
    >
      <Form
        id={formId}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          domain: start,
          starter: BLANK,
          ...(copyOf === undefined ? {} : { name: t('copyName', { name: text(copyOf.name) }) }),
        }}
        onFinish={submit}
      >
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameHelp')}
          rules={[{ required: true, whitespace: true, message: t('missing') }]}
        >
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="domain" label={t('domain')} extra={t('domainHelp')} rules={[{ required: true, message: t('domainMissing') }]}>
          <DomainSelect label={t('domain')} />
        </Form.Item>
        {copyOf === undefined ? (
          <Form.Item name="starter" label={t('begin')}>
            <StarterChoice label={t('begin')} blank={t('blank')} />
          </Form.Item>
        ) : null}
      </Form>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}

interface StarterChoiceProps {
  readonly label: string;
  readonly blank: string;
  readonly id?: string;
  readonly value?: string;
  readonly onChange?: (value: string) => void;
}

function StarterChoice({ label, blank, id, value, onChange }: StarterChoiceProps) {
  const text = useText();
  const { data } = useQueryOf('nodes.list', {});
  const starters = useMemo(() => startersFor(createNodeTypes(data?.items ?? [])), [data]);
  return (
    <Radio.Group
      {...(id === undefined ? {} : { id })}
      aria-label={label}
      className={styles.starters ?? ''}
      value={value}
      onChange={(event) => onChange?.(event.target.value as string)}
    >
      <Radio value={BLANK}>{blank}</Radio>
      {starters.map(({ id: starter, title, about }) => (
        <Radio key={starter} value={starter}>
          {text(title)} <span className={styles.about}>{text(about)}</span>
        </Radio>
      ))}
    </Radio.Group>
  );
}
