import { CopyButton } from '../parts/copy-text.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './data-viewer.module.css';

const TEXTS = defineTexts({
  more: ['另有 {{count}} 项，请看原文', '{{count}} more: see the source'],
});
const MOST_SHOWN = 200;
const OPEN_DEPTH = 3;

interface Props {
  readonly name: string;
  /** As an expression names it: `data.patient.names[0]`. */
  readonly path: string;
  readonly value: unknown;
  readonly depth?: number;
}

/** A value with its parts, foldable; every part gives its path. */
export function JsonTree({ name, path, value, depth = 0 }: Props) {
  const t = useTexts(TEXTS);
  if (typeof value !== 'object' || value === null) return <Line name={name} path={path} value={JSON.stringify(value) ?? 'null'} />;
  const isList = Array.isArray(value);
  const parts = Object.entries(value as Readonly<Record<string, unknown>>);
  return (
    <div className={styles.branch}>
      <details open={depth < OPEN_DEPTH}>
        <summary>
          <span className={styles.line}>
            <code className={styles.name}>{name}</code>
            <code className={styles.quiet}>{isList ? `[${parts.length}]` : `{${parts.length}}`}</code>
          </span>
        </summary>
        <div className={styles.parts}>
          {parts.slice(0, MOST_SHOWN).map(([key, part]) => (
            <JsonTree key={key} name={key} path={isList ? `${path}[${key}]` : `${path}${member(key)}`} value={part} depth={depth + 1} />
          ))}
          {parts.length > MOST_SHOWN ? <span className={styles.quiet}>{t('more', { count: parts.length - MOST_SHOWN })}</span> : null}
        </div>
      </details>
      {/* Beside the summary, which is pressed as a whole. */}
      <CopyPath path={path} />
    </div>
  );
}

function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

interface LineProps {
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

function Line({ name, path, value }: LineProps) {
  return (
    <span className={styles.line}>
      <code className={styles.name}>{name}</code>
      <code className={styles.value}>{value}</code>
      <CopyPath path={path} />
    </span>
  );
}

function CopyPath({ path }: { readonly path: string }) {
  return (
    <span className={`${styles.copy} mono`} title={path}>
      <CopyButton text={path} />
    </span>
  );
}
