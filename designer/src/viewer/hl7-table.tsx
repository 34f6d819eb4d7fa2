import { Table } from 'antd';
import { useMemo } from 'react';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { CopyText } from '../parts/copy-text.tsx';
import { hl7Rows, type Hl7Row } from './hl7-fields.ts';
import styles from './data-viewer.module.css';

const TEXTS = defineTexts({
  path: ['位置', 'Place'],
  name: ['字段', 'Field'],
  value: ['值', 'Value'],
});

/** Every filled field with its place, as an expression names it, and what the standard calls it. */
export function Hl7Table({ text }: { readonly text: string }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const rows = useMemo(() => hl7Rows(text, language), [text, language]);
  return (
    <Table<Hl7Row>
      size="small"
      rowKey="path"
      pagination={false}
      dataSource={[...rows]}
      columns={[
        { key: 'path', title: t('path'), render: (_value, { path }) => <CopyText text={path} /> },
        { key: 'name', title: t('name'), render: (_value, { segment, name }) => <span title={segment}>{name}</span> },
        { key: 'value', title: t('value'), render: (_value, { value }) => <code className={styles.value}>{value}</code> },
      ]}
    />
  );
}
