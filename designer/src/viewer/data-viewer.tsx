/** A payload as people read it: a tree or its source; HL7 v2 by named fields. */
import { Segmented } from 'antd';
import { useMemo, useState } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { CodeEditor } from '../parts/code-editor.tsx';
import { CopyButton } from '../parts/copy-text.tsx';
import styles from './data-viewer.module.css';
import { Hl7Table } from './hl7-table.tsx';
import { JsonTree } from './json-tree.tsx';
import { shownData, type Shown } from './shown-data.ts';

const TEXTS = defineTexts({
  view: ['显示方式', 'View'],
  tree: ['结构', 'Structure'],
  source: ['原文', 'Source'],
});

interface Props {
  readonly label: string;
  readonly data: unknown;
  readonly charset?: string | undefined;
}

export function DataViewer({ label, data, charset }: Props) {
  const t = useTexts(TEXTS);
  const [view, setView] = useState<'tree' | 'source'>('tree');
  const shown = useMemo(() => shownData(data, charset), [data, charset]);
  const source = sourceOf(shown);
  const hasTree = shown.form === 'json' || shown.form === 'hl7';
  return (
    <section className={styles.viewer} aria-label={label}>
      <div className={styles.head}>
        <h4>{label}</h4>
        {hasTree ? (
          <Segmented
            size="small"
            aria-label={t('view')}
            value={view}
            options={[
              { value: 'tree', label: t('tree') },
              { value: 'source', label: t('source') },
            ]}
            onChange={setView}
          />
        ) : null}
        <CopyButton text={source} />
      </div>
      {hasTree && view === 'tree' ? <Structure shown={shown} /> : <Source label={label} shown={shown} source={source} />}
    </section>
  );
}

function Structure({ shown }: { readonly shown: Shown }) {
  if (shown.form === 'json')
    return (
      <div className={styles.tree}>
        <JsonTree name="data" path="data" value={shown.value} />
      </div>
    );
  return shown.form === 'hl7' ? <Hl7Table text={shown.text} /> : null;
}

function Source({ label, shown, source }: { readonly label: string; readonly shown: Shown; readonly source: string }) {
  const language = shown.form === 'json' || shown.form === 'xml' ? shown.form : 'text';
  return <CodeEditor key={language} label={label} language={language} isReadOnly value={source} />;
}

function sourceOf(shown: Shown): string {
  if (shown.form === 'json') return JSON.stringify(shown.value, null, 2);
  return shown.form === 'hl7' ? shown.text.replace(/\r\n?/g, '\n') : shown.text;
}
