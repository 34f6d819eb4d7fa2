import { useMemo } from 'react';
import { CodeEditor } from '../../kit/code/code-editor.tsx';
import { offerWords } from '../expression/code-completion.ts';
import { templateWords } from '../expression/completion-words.ts';
import { usePlaceholder } from '../../kit/form/example.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { keptText } from '../../kit/form/field-schema.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { useScopePlaces } from '../expression/use-places.ts';

/** Edits a text with `{placeholders}`. Typing a brace suggests the paths of the sample. */
export function TemplateField({ schema, value, onChange, label }: FieldProps) {
  const { isReadOnly, seal } = useForm();
  const placeholder = usePlaceholder(schema);
  const places = useScopePlaces();
  const complete = useMemo(() => offerWords((before) => templateWords(before, places)), [places]);
  return (
    <CodeEditor
      key={`${label} ${placeholder}`}
      language="text"
      isOneLine
      label={label}
      value={typeof value === 'string' ? value : ''}
      placeholder={placeholder}
      isReadOnly={isReadOnly}
      complete={complete}
      onChange={(text) => onChange(keptText(schema, text))}
      onBlur={seal}
    />
  );
}
