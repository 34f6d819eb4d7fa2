import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { CopyText } from '../kit/text/copy-text.tsx';
import styles from './hl7-view.module.css';
import { fieldsOf, findRows, segmentName, type Hl7Line, type Hl7Message, type Hl7Row } from './hl7-fields.ts';
import { Marked } from './marked.tsx';
import { ShownValue } from './shown-value.tsx';

const TEXTS = defineTexts({
  more: ['再显示 {{count}} 段', 'Show {{count}} more {{count|segment|segments}}'],
  moreFields: ['再显示 {{count}} 个字段', 'Show {{count}} more {{count|field|fields}}'],
});
/** Number of rows that are rendered at first, however long the message is. */
const SHOWN_AT_FIRST = 100;
/** In messages with at most this many segments, all segments start open. */
const OPEN_AT_MOST = 12;
/** Number of characters of a segment that are visible while it is folded. */
const GLIMPSE = 200;

interface Props {
  readonly message: Hl7Message;
  /** Segments that match the search. */
  readonly lines: readonly Hl7Line[];
  readonly query: string;
}

/**
 * Shows one line per segment. An open segment shows every filled field with its path, as conditions name it, and its
 * name in the standard.
 */
export function Hl7View({ message, lines, query }: Props) {
  const t = useTexts(TEXTS);
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const isOpen = lines.length <= OPEN_AT_MOST;
  return (
    <div className={styles.segments}>
      {lines.slice(0, shown).map((line) => (
        <Segment key={`${line.place} ${isOpen}`} line={line} message={message} query={query} isOpenAtFirst={isOpen} />
      ))}
      {lines.length > shown ? (
        <Button size="small" type="link" onClick={() => setShown(shown + SHOWN_AT_FIRST)}>
          {t('more', { count: Math.min(SHOWN_AT_FIRST, lines.length - shown) })}
        </Button>
      ) : null}
    </div>
  );
}

interface SegmentProps extends Pick<Props, 'message' | 'query'> {
  readonly line: Hl7Line;
  readonly isOpenAtFirst: boolean;
}

function Segment({ line, message, query, isOpenAtFirst }: SegmentProps) {
  const language = useLanguage();
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <details className={styles.segment} open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <code className={styles.place}>{line.place}</code>
        <span className={styles.name}>{segmentName(line, language)}</span>
        <code className={styles.text}>
          <Marked text={line.text.slice(0, GLIMPSE)} query={query} />
        </code>
      </summary>
      {isOpen ? <Fields line={line} message={message} query={query} /> : null}
    </details>
  );
}

function Fields({ line, message, query }: Omit<SegmentProps, 'isOpenAtFirst'>) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const rows = useMemo(() => fieldsOf(line, message, language), [line, message, language]);
  const found = findRows(rows, query);
  // The segment matched the search, but none of its fields does: the match is the segment's name, or it extends over
  // two fields. So show all fields.
  const fitting = found.length === 0 ? rows : found;
  return (
    <div className={styles.fields}>
      {fitting.slice(0, shown).map((row) => (
        <Field key={row.path} row={row} query={query} />
      ))}
      {fitting.length > shown ? (
        <Button size="small" type="link" onClick={() => setShown(shown + SHOWN_AT_FIRST)}>
          {t('moreFields', { count: Math.min(SHOWN_AT_FIRST, fitting.length - shown) })}
        </Button>
      ) : null}
    </div>
  );
}

function Field({ row, query }: { readonly row: Hl7Row; readonly query: string }) {
  const { path, name, value, children = [] } = row;
  return (
    <>
      <div className={styles.field}>
        <CopyText text={path} />
        <span>
          <Marked text={name} query={query} />
        </span>
        <ShownValue text={value} query={query} />
      </div>
      {children.length === 0 ? null : (
        <div className={styles.parts}>
          {children.slice(0, SHOWN_AT_FIRST).map((part) => (
            <Field key={part.path} row={part} query={query} />
          ))}
        </div>
      )}
    </>
  );
}
