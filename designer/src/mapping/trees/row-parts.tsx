/** Parts that the rows of both trees share. */
import {
  Braces,
  Calendar,
  ChevronDown,
  ChevronRight,
  Dot,
  Hash,
  List,
  type LucideIcon,
  Repeat,
  ToggleLeft,
  Type as TypeIcon,
} from 'lucide-react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './row-parts.module.css';

export const TYPE_TEXTS = defineTexts({
  object: ['对象', 'Object'],
  list: ['列表', 'List'],
  text: ['文本', 'Text'],
  number: ['数字', 'Number'],
  boolean: ['是/否', 'Yes/no'],
  null: ['空值', 'Null'],
  items: ['每一项', 'Every item'],
  time: ['时间', 'Time'],
  unknown: ['类型未知', 'Unknown type'],
});

export type RowType = keyof typeof TYPE_TEXTS;

const ICONS: Readonly<Record<RowType, LucideIcon>> = {
  object: Braces,
  list: List,
  text: TypeIcon,
  number: Hash,
  boolean: ToggleLeft,
  null: Dot,
  items: Repeat,
  time: Calendar,
  unknown: Dot,
};

export function RowTypeIcon({ type }: { readonly type: RowType }) {
  const t = useTexts(TYPE_TEXTS);
  const Icon = ICONS[type];
  return (
    <span className={styles.type} data-type={type} title={t(type)}>
      <Icon size={14} aria-hidden />
    </span>
  );
}

const TEXTS = defineTexts({ fold: ['折叠', 'Fold'], unfold: ['展开', 'Unfold'] });

export interface FoldProps {
  readonly rowKey: string;
  readonly hasChildren: boolean;
  readonly isOpen: boolean;
  readonly onFold: (key: string) => void;
}

/** Shows a button that folds or unfolds a row. With the keyboard, the arrow keys do this. */
export function Fold({ rowKey, hasChildren, isOpen, onFold }: FoldProps) {
  const t = useTexts(TEXTS);
  if (!hasChildren) return <span className={styles.fold} />;
  return (
    <span
      className={styles.fold}
      title={t(isOpen ? 'fold' : 'unfold')}
      onPointerDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        event.stopPropagation();
        onFold(rowKey);
      }}
    >
      {isOpen ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}
    </span>
  );
}

const MOST_CHARS = 60;

/** Returns a value shortened to a few characters. */
export function shortValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return `[${value.length}]`;
  if (typeof value === 'object' && value !== null) return `{${Object.keys(value).length}}`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}
