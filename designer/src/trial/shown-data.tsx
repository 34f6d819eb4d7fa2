import type { TrialAnswer } from '../../../control/actions/trials.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { CodeEditor } from '../parts/code-editor.tsx';

const TEXTS = defineTexts({ cut: ['内容较大，只显示开头', 'It is large: only its beginning is shown'] });

type ShownMessage = NonNullable<TrialAnswer['steps'][number]['input']>;

/** A payload as it went in or out; long ones only begin. */
export function ShownData({ message, label }: { readonly message: ShownMessage; readonly label: string }) {
  const t = useTexts(TEXTS);
  const isJson = message.form === 'json';
  const text = isJson ? JSON.stringify(message.data, null, 2) : String(message.data);
  return (
    <>
      <CodeEditor label={label} language={isJson ? 'json' : 'text'} isReadOnly value={text} />
      {message.truncated === true ? <div>{t('cut')}</div> : null}
    </>
  );
}
