/** Looks up one entry of the state by its key, and removes it. */
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import type { Output } from '../../api/operation-types.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { DomainSelect, useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMay } from '../../session/session-context.ts';
import styles from './flow-data.module.css';

const TEXTS = defineTexts({
  title: ['状态', 'State'],
  help: [
    '键只以摘要保存，因此不能列出，只能按键查找。查看与删除都写入审计。',
    'Keys are kept as digests only, so entries cannot be listed, but looked up by their key. Both acts write an audit line.',
  ],
  domain: ['服务域', 'Domain'],
  store: ['存储名称', 'Store'],
  storeWrong: ['小写字母开头，只含小写字母、数字和连字符', 'Begins with a small letter; small letters, digits and hyphens'],
  key: ['键', 'Key'],
  required: ['请填写', 'Fill this in'],
  find: ['查看', 'Look up'],
  remove: ['删除', 'Remove'],
  nothing: ['没有这一项，或已到期删除', 'There is no such entry, or it has ended'],
  value: ['值', 'Value'],
  until: ['保留到 ', 'Kept until '],
  removeTitle: ['删除状态', 'Remove state'],
  effect: [
    '删除存储“{{store}}”中键“{{key}}”的这一项。流程会把它当作从未有过：例如已发送的标记删除后，可能再次发送。',
    'Removes the entry of the key "{{key}}" in the store "{{store}}". Flows act as if it had never been there: without a mark of what was sent, they may send again.',
  ],
  removed: ['已删除', 'Removed'],
});

interface Entry {
  readonly domain: string;
  readonly store: string;
  readonly key: string;
}

export function StateLookup() {
  const start = useStartDomain();
  // Wait until the domain is loaded, so that the form has it from the start.
  return start === undefined ? null : <Lookup start={start} />;
}

function Lookup({ start }: { readonly start: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const find = useMutationOf('flow-data.find-state');
  const remove = useMutationOf('flow-data.remove-state');
  const [form] = Form.useForm<Entry>();
  const [wasRemoved, setRemoved] = useState<boolean>();
  const look = (entry: Entry) => {
    setRemoved(undefined);
    find.mutate(entry);
  };
  const askToRemove = async () => {
    const entry = await form.validateFields();
    confirm({
      ...{
        title: t('removeTitle'),
        effect: t('effect', { store: entry.store, key: entry.key }),
        verb: t('remove'),
        isDangerous: true,
        needsReason: true,
      },
      async run($reason) {
        const { removed } = await remove.mutateAsync({ ...entry, $reason });
        find.reset();
        setRemoved(removed);
      },
    });
  };
  const required = { required: true, message: t('required') };
  return (
    <Panel title={t('title')} help={t('help')}>
      <Form<Entry>
        form={form}
        layout="vertical"
        requiredMark={false}
        className={styles.form ?? ''}
        initialValues={{ domain: start, store: 'default', key: '' }}
        onFinish={look}
      >
        <Form.Item name="domain" label={t('domain')} rules={[required]}>
          <DomainSelect label={t('domain')} />
        </Form.Item>
        <Form.Item name="store" label={t('store')} rules={[required, { pattern: /^[a-z][a-z0-9-]{0,62}$/, message: t('storeWrong') }]}>
          <Input maxLength={63} />
        </Form.Item>
        <Form.Item name="key" label={t('key')} rules={[required]}>
          <Input maxLength={500} />
        </Form.Item>
        <div className={styles.acts}>
          {may('executions.payload') ? (
            <Button type="primary" htmlType="submit" loading={find.isPending}>
              {t('find')}
            </Button>
          ) : null}
          {may('executions.retry') ? (
            <Button danger onClick={() => void askToRemove().catch(() => undefined)}>
              {t('remove')}
            </Button>
          ) : null}
        </div>
      </Form>
      {find.error === null ? null : <ErrorBox error={find.error} />}
      {find.data === undefined ? null : <Found {...find.data} />}
      {wasRemoved === undefined ? null : (
        <Alert showIcon type={wasRemoved ? 'success' : 'info'} title={t(wasRemoved ? 'removed' : 'nothing')} />
      )}
    </Panel>
  );
}

function Found({ found, value, expiresAt }: Output<'flow-data.find-state'>) {
  const t = useTexts(TEXTS);
  if (!found) return <Alert showIcon type="info" title={t('nothing')} />;
  return (
    <>
      <p>
        {t('until')}
        <TimeText at={expiresAt} />
      </p>
      <CodeBlock label={t('value')} text={JSON.stringify(value, undefined, 2)} />
    </>
  );
}
