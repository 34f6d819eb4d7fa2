/**
 * Chooses the sample: data that the editor already has, the result of a saved test, a real message, or data entered by
 * hand.
 */
import { Modal, Select, Tooltip } from 'antd';
import { useState } from 'react';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { parseJson } from '../kit/code/parse-json.ts';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import type { MappingSampleChoice, SampleKey, SampleOption } from './use-mapping-sample.ts';
import styles from './dialogs.module.css';

const TEXTS = defineTexts({
  label: ['样例', 'Sample'],
  editor: ['编辑器中的样例', 'Sample of the editor'],
  likely: ['按结构编的示例', 'Example generated from the structure'],
  none: ['未选择', 'None chosen'],
  own: ['自己填写…', 'Write one…'],
  tests: ['测试（试运行，不触达真实系统）', 'Tests (a trial; no real system is called)'],
  messages: ['真实消息（查看会写入审计）', 'Real messages (viewing one writes an audit line)'],
  failed: ['样例没有取到', 'The sample could not be loaded'],
  ownTitle: ['填写样例', 'Write a sample'],
  ownHelp: ['作为进入本节点的数据（data）。只在这里使用，不保存。', 'Used as the input data of this node. Used only here and not saved.'],
  notJson: ['这不是正确的 JSON', 'This is not valid JSON'],
  ok: ['使用', 'Use it'],
  cancel: ['取消', 'Cancel'],
});

export function SampleSelect({ choice }: { readonly choice: MappingSampleChoice }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const [isWriting, setWriting] = useState(false);
  const { options, chosen, isLoading, error, choose } = choice;
  const ofKind = (kind: SampleOption['kind']) => options.filter((option) => option.kind === kind);
  const group = (label: string, list: readonly SampleOption[]) =>
    list.length === 0
      ? []
      : [
          {
            label,
            options: list.map(({ key, name, acceptedAt }) => ({
              value: key,
              label: acceptedAt === undefined ? name : format.time(acceptedAt),
            })),
          },
        ];
  return (
    <>
      <Tooltip title={error === undefined ? undefined : t('failed')}>
        <Select<SampleKey>
          aria-label={t('label')}
          prefix={t('label')}
          className={styles.sample ?? ''}
          value={chosen}
          loading={isLoading}
          popupMatchSelectWidth={false}
          {...(error === undefined ? {} : { status: 'error' as const })}
          options={[
            { value: 'editor', label: t(editorName(choice)) },
            ...group(t('tests'), ofKind('test')),
            ...group(t('messages'), ofKind('message')),
            { value: 'own', label: t('own') },
          ]}
          onSelect={(key: SampleKey) => (key === 'own' ? setWriting(true) : choose(key))}
        />
      </Tooltip>
      {isWriting ? <OwnSample choice={choice} onClose={() => setWriting(false)} /> : null}
    </>
  );
}

/**
 * Returns the key of the text that describes the editor's sample. Before the first run in this editor, the sample is
 * only generated.
 */
function editorName({ chosen, sample, isLikely }: MappingSampleChoice): 'none' | 'likely' | 'editor' {
  if (chosen === 'editor' && sample.data === undefined) return 'none';
  return isLikely ? 'likely' : 'editor';
}

function OwnSample({ choice, onClose }: { readonly choice: MappingSampleChoice; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { own, setOwn, choose, sample } = choice;
  const [typed, setTyped] = useState(() => JSON.stringify(own ?? sample.data ?? {}, null, 2));
  const parsed = parseJson(typed);
  return (
    <Modal
      open
      title={t('ownTitle')}
      width={640}
      okText={t('ok')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: parsed === undefined }}
      onOk={() => {
        setOwn(parsed?.value);
        choose('own');
        onClose();
      }}
      onCancel={onClose}
    >
      <p className={styles.help}>{t('ownHelp')}</p>
      <CodeEditor label={t('ownTitle')} language="json" height="320px" value={typed} onChange={setTyped} />
      <p className={styles.bad}>{parsed === undefined ? t('notJson') : ' '}</p>
    </Modal>
  );
}
