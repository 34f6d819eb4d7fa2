import { Button } from 'antd';
import { useState } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { CopyButton } from '../kit/text/copy-text.tsx';
import styles from './data-viewer.module.css';
import { Marked } from './marked.tsx';
import { ShownValue } from './shown-value.tsx';
import type { Found, TreePart } from './tree-parts.ts';

const TEXTS = defineTexts({
  more: ['再显示 {{count}} 项', 'Show {{count}} more'],
});
const SHOWN_AT_FIRST = 100;
const OPEN_DEPTH = 3;
/** If a list has more items than this, each item starts folded. Otherwise the page would render thousands of lines. */
const OPEN_ITEMS = 20;

interface Props {
  readonly part: TreePart;
  readonly query: string;
  readonly found: Found;
  readonly depth?: number;
  readonly isOneOfMany?: boolean;
}

/**
 * Shows a value with its parts, which can be folded. Each part shows its path. During a search, only matches are
 * shown.
 */
export function DataTree({ part, query, found, depth = 0, isOneOfMany = false }: Props) {
  const t = useTexts(TEXTS);
  const [isFolded, setFolded] = useState(depth >= OPEN_DEPTH || isOneOfMany);
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const isSearched = found.paths !== undefined;
  const isOpen = isSearched || !isFolded;
  const inner = isOpen ? part.parts().filter(({ path }) => found.paths?.has(path) ?? true) : [];
  const isLeaf = part.size === undefined && (isOpen ? inner : part.parts()).length === 0;
  if (isLeaf)
    return (
      <div className={styles.leaf}>
        <Line part={part} query={query} />
        <CopyPath path={part.path} />
      </div>
    );
  return (
    <div className={styles.branch}>
      <details open={isOpen} onToggle={({ currentTarget }) => isSearched || setFolded(!currentTarget.open)}>
        <summary>
          <Line part={part} query={query} />
        </summary>
        <div className={styles.parts}>
          {inner.slice(0, shown).map((one) => (
            <DataTree key={one.path} part={one} query={query} found={found} depth={depth + 1} isOneOfMany={inner.length > OPEN_ITEMS} />
          ))}
          {inner.length > shown ? (
            <Button size="small" type="link" onClick={() => setShown(shown + SHOWN_AT_FIRST)}>
              {t('more', { count: Math.min(SHOWN_AT_FIRST, inner.length - shown) })}
            </Button>
          ) : null}
        </div>
      </details>
      {/* This button is outside the summary, because the whole summary acts as a button. */}
      <CopyPath path={part.path} />
    </div>
  );
}

function CopyPath({ path }: { readonly path: string }) {
  return (
    <span className={`${styles.copy} mono`} title={path}>
      <CopyButton text={path} />
    </span>
  );
}

function Line({ part: { name, text, size }, query }: { readonly part: TreePart; readonly query: string }) {
  return (
    <span className={styles.line}>
      <code className={styles.name}>
        <Marked text={name} query={query} />
      </code>
      {text === undefined ? null : <ShownValue text={text} query={query} />}
      {size === undefined ? null : <code className={styles.quiet}>{size}</code>}
    </span>
  );
}
