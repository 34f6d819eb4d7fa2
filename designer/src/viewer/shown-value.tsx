import { Button } from 'antd';
import { useState } from 'react';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './data-viewer.module.css';
import { Marked } from './marked.tsx';

const TEXTS = defineTexts({ more: ['共 {{count}} 个字符，再显示一些', '{{count}} characters in total: show more'] });
/**
 * Number of characters that are shown at first. A field may contain a document of millions of characters, which the
 * browser would have to lay out.
 */
const SHOWN_AT_FIRST = 2_000;
const GROWTH = 10;

/** Shows a value with its line breaks. Of a long value, only the beginning is shown at first. */
export function ShownValue({ text, query }: { readonly text: string; readonly query: string }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  return (
    <code className={styles.value}>
      <Marked text={text.slice(0, shown)} query={query} />
      {text.length > shown ? (
        <Button size="small" type="link" onClick={() => setShown(shown * GROWTH)}>
          … {t('more', { count: format.number(text.length) })}
        </Button>
      ) : null}
    </code>
  );
}
