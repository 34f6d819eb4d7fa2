/**
 * Shows a payload: as a tree or its source, HL7 v2 by named fields, bytes as a hex dump. Messages and trials use it.
 */
import { Button, Input, Modal, Segmented, Tooltip } from 'antd';
import { Maximize2, Scissors, Search } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import type { ShownMessage } from '../api/operations.ts';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { CopyButton } from '../kit/text/copy-text.tsx';
import { Tag } from '../kit/feedback/status-tag.tsx';
import { contentOf, sourceOf, type Content } from './content.ts';
import { DataTree } from './data-tree.tsx';
import styles from './data-viewer.module.css';
import { findLines, hl7Message, type Hl7Message } from './hl7-fields.ts';
import { Hl7View } from './hl7-view.tsx';
import { findParts, jsonPart, type TreePart } from './tree-parts.ts';
import { xmlPart } from './xml-part.ts';

const TEXTS = defineTexts({
  view: ['显示方式', 'View'],
  tree: ['结构', 'Structure'],
  source: ['原文', 'Source'],
  search: ['在内容里找', 'Search inside'],
  found: ['{{count}} 处', '{{count}} found'],
  enlarge: ['放大', 'Enlarge'],
  cut: ['共 {{size}}，只显示开头', '{{size}} in total: only the beginning is shown'],
  binary: ['二进制', 'Binary'],
  long: [
    '原文很长，只显示前 {{count}} 个字符；复制得到全部',
    'It is long: the first {{count}} characters are shown; copying copies all of it',
  ],
});

type View = 'tree' | 'source';

/** The value to show. Its size and whether it is truncated are known only for a stored message. */
type Viewable = Pick<ShownMessage, 'form' | 'data'> & Partial<Pick<ShownMessage, 'sizeBytes' | 'truncated'>>;

interface Props {
  readonly label: string;
  readonly message: Viewable;
}

export function DataViewer({ label, message }: Props) {
  const t = useTexts(TEXTS);
  const [isLarge, setLarge] = useState(false);
  return (
    <section className={styles.viewer} aria-label={label}>
      <Viewed label={label} message={message} onEnlarge={() => setLarge(true)} />
      <Modal open={isLarge} title={label} width="min(1400px, 92vw)" footer={null} onCancel={() => setLarge(false)} destroyOnHidden>
        <section className={`${styles.viewer} ${styles.large}`} aria-label={t('enlarge')}>
          <Viewed label="" message={message} />
        </section>
      </Modal>
    </section>
  );
}

function Viewed({ label, message, onEnlarge }: Props & { readonly onEnlarge?: () => void }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const [chosen, setChosen] = useState<View>('tree');
  const [query, setQuery] = useState('');
  // Search after typing is shown, so that typing stays fast even if the value is large.
  const found = useDeferredValue(query);
  const { form, data, sizeBytes } = message;
  const content = useMemo(() => contentOf({ form, data }), [form, data]);
  const structure = useStructure(content);
  const view = structure === undefined ? 'source' : chosen;
  // The text of a large value is created only when it is needed.
  const textOf = useMemo(() => onceOf(() => (form === 'base64' ? String(data) : sourceOf(content))), [form, data, content]);
  return (
    <>
      <div className={styles.head}>
        {label === '' ? null : <h4>{label}</h4>}
        {sizeBytes === undefined ? null : <span className={styles.quiet}>{format.size(sizeBytes)}</span>}
        {message.form === 'base64' ? <Tag tone="grey">{t('binary')}</Tag> : null}
        <span className={styles.tools}>
          {structure === undefined ? null : (
            <Segmented<View>
              size="small"
              aria-label={t('view')}
              value={view}
              options={[
                { value: 'tree', label: t('tree') },
                { value: 'source', label: t('source') },
              ]}
              onChange={setChosen}
            />
          )}
          <CopyButton text={textOf} />
          {onEnlarge === undefined ? null : (
            <Tooltip title={t('enlarge')}>
              <Button type="text" size="small" icon={<Maximize2 size={14} />} aria-label={t('enlarge')} onClick={onEnlarge} />
            </Tooltip>
          )}
        </span>
      </div>
      {message.truncated === true && sizeBytes !== undefined ? (
        <div>
          <Tag tone="amber" icon={Scissors}>
            {t('cut', { size: format.size(sizeBytes) })}
          </Tag>
        </div>
      ) : null}
      <Input
        size="small"
        allowClear
        prefix={<Search size={14} />}
        placeholder={t('search')}
        aria-label={t('search')}
        value={query}
        onChange={({ target }) => setQuery(target.value)}
      />
      {view === 'tree' && structure !== undefined ? (
        <Structure structure={structure} query={found} />
      ) : (
        <Source label={label === '' ? t('source') : label} content={content} query={found} />
      )}
    </>
  );
}

function onceOf(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

type StructureOf = { readonly root: TreePart } | { readonly hl7: Hl7Message };

function useStructure(content: Content): StructureOf | undefined {
  return useMemo(() => {
    if (content.form === 'json') {
      const isPlain = typeof content.value !== 'object' || content.value === null;
      return isPlain ? undefined : { root: jsonPart('data', 'data', content.value) };
    }
    if (content.form === 'hl7') return { hl7: hl7Message(content.text) };
    const root = content.form === 'xml' ? xmlPart(content.text) : undefined;
    return root && { root };
  }, [content]);
}

function Structure({ structure, query }: { readonly structure: StructureOf; readonly query: string }) {
  return 'root' in structure ? <Tree root={structure.root} query={query} /> : <Segments message={structure.hl7} query={query} />;
}

function Tree({ root, query }: { readonly root: TreePart; readonly query: string }) {
  const found = useMemo(() => findParts(root, query), [root, query]);
  return (
    <>
      <FoundCount query={query} count={found.count} />
      <div className={styles.tree}>
        <DataTree part={root} query={query} found={found} />
      </div>
    </>
  );
}

function Segments({ message, query }: { readonly message: Hl7Message; readonly query: string }) {
  const language = useLanguage();
  const found = useMemo(() => findLines(message, query, language), [message, query, language]);
  return (
    <>
      <FoundCount query={query} count={found.length} />
      <Hl7View message={message} lines={found} query={query} />
    </>
  );
}

function FoundCount({ query, count }: { readonly query: string; readonly count: number }) {
  const t = useTexts(TEXTS);
  return query.trim() === '' ? null : (
    <div className={styles.quiet} aria-live="polite">
      {t('found', { count })}
    </div>
  );
}

interface SourceProps {
  readonly label: string;
  readonly content: Content;
  readonly query: string;
}

/**
 * Maximum number of characters of the source that is shown. The editor measures its text, and for a line of millions of
 * characters this takes seconds.
 */
const MOST_SOURCE = 1_000_000;

function Source({ label, content, query }: SourceProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const source = useMemo(() => sourceOf(content), [content]);
  const language = content.form === 'json' || content.form === 'xml' ? content.form : 'text';
  return (
    <>
      {source.length > MOST_SOURCE ? <div className={styles.quiet}>{t('long', { count: format.number(MOST_SOURCE) })}</div> : null}
      <div className={styles.source}>
        <CodeEditor key={language} label={label} language={language} isReadOnly value={source.slice(0, MOST_SOURCE)} find={query} />
      </div>
    </>
  );
}
