/** Shows the connections that "connect same names" proposes. The author chooses which of them are made. */
import { Modal, Table } from 'antd';
import { Repeat } from 'lucide-react';
import { useMemo, useState } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { connectAll, proposeSameNames, type Proposal } from '../model/mapping/same-names.ts';
import { EmptyState } from '../kit/feedback/empty-state.tsx';
import { useRowSelection } from '../kit/table/row-selection.tsx';
import { useMappingView } from './context/mapping-context.tsx';
import { shortValue } from './trees/row-parts.tsx';
import styles from './dialogs.module.css';

const TEXTS = defineTexts({
  title: ['同名连接', 'Connect equal names'],
  help: [
    '以下未映射的目标字段有同名来源（不分大小写，忽略下划线和连字符）。取消不要的，再连接；可整体撤销。',
    'These unmapped target fields have a source with the same name (ignoring case, underscores and hyphens). Deselect those that you do not want; you can undo all of them in one step.',
  ],
  target: ['目标', 'Target'],
  source: ['来源', 'Source'],
  value: ['样例值', 'Value in the sample'],
  loop: ['循环', 'Loop'],
  none: ['没有可以同名连接的字段', 'There are no fields with the same name to connect'],
  noneNext: [
    '目标里要有未映射的字段：先添加字段，或从样例、JSON Schema 导入结构。',
    'The target must have unmapped fields: add fields, or import the structure from an example or a JSON Schema.',
  ],
  ok: ['连接 {{count}} 个', 'Connect {{count}}'],
  cancel: ['取消', 'Cancel'],
});

export function SameNamesDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { mapping, sources, isList, editing } = useMappingView();
  const proposals = useMemo(() => proposeSameNames(mapping, sources, isList), []);
  const [chosen, setChosen] = useState<readonly string[]>(() => proposals.map(({ target }) => target));
  const selectionOf = useRowSelection<Proposal>();
  const wanted = proposals.filter(({ target }) => chosen.includes(target));
  return (
    <Modal
      open
      title={t('title')}
      width={720}
      okText={t('ok', { count: wanted.length })}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: wanted.length === 0 }}
      onOk={() => (editing.edit((now) => connectAll(now, wanted, isList)) ? onClose() : undefined)}
      onCancel={onClose}
    >
      {proposals.length === 0 ? (
        <EmptyState title={t('none')} next={t('noneNext')} />
      ) : (
        <>
          <p className={styles.help}>{t('help')}</p>
          <Table<Proposal>
            size="small"
            rowKey="target"
            dataSource={[...proposals]}
            pagination={false}
            scroll={{ y: 360 }}
            rowSelection={selectionOf({ keys: chosen, onChange: setChosen, nameOf: ({ target }) => target })}
            columns={[
              { title: t('target'), dataIndex: 'target', render: (target: string) => <code>{target}</code> },
              {
                title: t('source'),
                render: (_, { source, isLoop }) => (
                  <span className={styles.way}>
                    {isLoop ? <Repeat size={14} aria-label={t('loop')} /> : null}
                    <code>{source.path}</code>
                  </span>
                ),
              },
              { title: t('value'), render: (_, { example }) => <code>{shortValue(example)}</code> },
            ]}
          />
        </>
      )}
    </Modal>
  );
}
