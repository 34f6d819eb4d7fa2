import { Table } from 'antd';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { CopyText } from '../parts/copy-text.tsx';
import styles from './data-viewer.module.css';
import type { Hl7Row } from './hl7-fields.ts';
import { Marked } from './marked.tsx';

const TEXTS = defineTexts({
  path: ['位置', 'Place'],
  name: ['字段', 'Field'],
  value: ['值', 'Value'],
});

/** Every filled field with its place, as a condition names it, and what the standard calls it; components below it. */
export function Hl7Table({ rows, query }: { readonly rows: readonly Hl7Row[]; readonly query: string }) {
  const t = useTexts(TEXTS);
  return (
    <Table<Hl7Row>
      className={styles.table ?? ''}
      size="small"
      rowKey="path"
      pagination={false}
      dataSource={[...rows]}
      expandable={{ indentSize: 12 }}
      columns={[
        { key: 'path', title: t('path'), width: 150, render: (_value, { path }) => <CopyText text={path} /> },
        {
          key: 'name',
          title: t('name'),
          render: (_value, { segment, name }) => (
            <span title={segment}>
              <Marked text={name} query={query} />
            </span>
          ),
        },
        {
          key: 'value',
          title: t('value'),
          render: (_value, { value }) => (
            <code className={styles.value}>
              <Marked text={value} query={query} />
            </code>
          ),
        },
      ]}
    />
  );
}
