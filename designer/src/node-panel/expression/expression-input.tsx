/** One line of JSONata with completion from the sample, and its result for the sample below. */
import { Check, CircleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../kit/code/code-editor.tsx';
import { offerWords } from './code-completion.ts';
import { expressionWords } from './completion-words.ts';
import { usePreview, type Preview } from './expression-preview.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { useScopePlaces } from './use-places.ts';
import styles from './expression-input.module.css';
import { useScope } from './scope-context.tsx';

const TEXTS = defineTexts({
  result: ['样例的结果', 'With the sample'],
  nothing: ['没有值', 'no value'],
});

interface ExpressionInputProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  /** True if a problem is already shown beside the field. */
  readonly isInvalid: boolean;
  readonly onChange: (value: string) => void;
}

export function ExpressionInput({ label, value, placeholder, isInvalid, onChange }: ExpressionInputProps) {
  const language = useLanguage();
  const { isReadOnly, seal } = useForm();
  const { sample } = useScope();
  const places = useScopePlaces();
  const complete = useMemo(() => offerWords((before) => expressionWords(before, places, language)), [places, language]);
  const preview = usePreview(value, sample);
  return (
    <div className={styles.expression}>
      <CodeEditor
        key={`${label} ${placeholder}`}
        language="text"
        isOneLine
        label={label}
        value={value}
        placeholder={placeholder}
        isReadOnly={isReadOnly}
        complete={complete}
        onChange={onChange}
        onBlur={seal}
      />
      {isInvalid && preview !== undefined && 'problem' in preview ? null : <PreviewLine preview={preview} />}
    </div>
  );
}

function PreviewLine({ preview }: { readonly preview: Preview }) {
  const t = useTexts(TEXTS);
  if (preview === undefined) return null;
  if ('problem' in preview)
    return (
      <div className={styles.problem}>
        <CircleAlert size={12} aria-hidden /> {preview.problem}
      </div>
    );
  return (
    <div className={styles.result}>
      <Check size={12} aria-hidden />
      <span>{t('result')}</span>
      {preview.value === undefined ? <em>{t('nothing')}</em> : <code>{shorten(JSON.stringify(preview.value))}</code>}
    </div>
  );
}

const MOST_CHARS = 200;

function shorten(text: string): string {
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}
