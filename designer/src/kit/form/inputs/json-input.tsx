/** Edits JSON as text. Invalid text stays in the editor and is marked; the document keeps the last valid value. */
import type { Diagnostic } from '@codemirror/lint';
import { CircleAlert } from 'lucide-react';
import { useState } from 'react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { CodeEditor } from '../../code/code-editor.tsx';
import { parseJson } from '../../code/parse-json.ts';
import { sameJson } from '../field-schema.ts';
import { useForm } from '../form-context.tsx';
import styles from './json-input.module.css';

const TEXTS = defineTexts({
  wrong: ['这里还不是正确的 JSON，尚未保存。', 'This is not valid JSON yet and is not saved.'],
  here: ['JSON 从这里开始不正确', 'The JSON is invalid from here'],
});

interface JsonInputProps {
  readonly label: string;
  readonly value: unknown;
  readonly height: string;
  /** Called with the new value; undefined if the text was emptied. */
  readonly onChange: (value: unknown) => void;
}

export function JsonInput({ label, value, height, onChange }: JsonInputProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const [typed, setTyped] = useState<{ readonly text: string; readonly value: unknown }>();
  // If `value` is what the user typed, show the typed text with its white space. Otherwise something else has changed
  // `value`, so show `value`.
  const text = typed !== undefined && sameJson(typed.value, value) ? typed.text : textOf(value);
  const isWrong = parse(text) === undefined;
  const change = (next: string) => {
    const parsed = parse(next);
    setTyped({ text: next, value: parsed === undefined ? value : parsed.value });
    if (parsed !== undefined && !sameJson(parsed.value, value)) onChange(parsed.value);
  };
  return (
    <div>
      <CodeEditor
        key={label}
        language="json"
        label={label}
        value={text}
        height={height}
        isReadOnly={isReadOnly}
        check={(now) => faults(now, t('here'))}
        onChange={change}
        onBlur={seal}
      />
      {isWrong ? (
        <div className={styles.wrong} role="status">
          <CircleAlert size={12} aria-hidden /> {t('wrong')}
        </div>
      ) : null}
    </div>
  );
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, undefined, 2);
}

/**
 * Parses the text. Returns undefined for invalid JSON. For an empty text, returns an object whose value is undefined.
 */
function parse(text: string): { readonly value: unknown } | undefined {
  return text.trim() === '' ? { value: undefined } : parseJson(text);
}

function faults(text: string, message: string): readonly Diagnostic[] {
  if (parse(text) !== undefined) return [];
  const from = Math.min(faultAt(text), Math.max(0, text.length - 1));
  return [{ from, to: text.length, severity: 'error', message }];
}

/**
 * Returns the position of the error in invalid JSON. Only the error message of Chromium contains it. In other browsers
 * the whole text is marked.
 */
function faultAt(text: string): number {
  try {
    JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    return position === undefined ? 0 : Number(position);
  }
  return 0;
}
