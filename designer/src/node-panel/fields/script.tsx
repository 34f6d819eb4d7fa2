import { useMemo } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../kit/code/code-editor.tsx';
import { offerWords } from '../expression/code-completion.ts';
import { scriptWords } from '../expression/completion-words.ts';
import { usePlaceholder } from '../../kit/form/example.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { keptText } from '../../kit/form/field-schema.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { useScopePlaces } from '../expression/use-places.ts';
import styles from '../../kit/form/fields.module.css';
import { useScope } from '../expression/scope-context.tsx';

const TEXTS = defineTexts({
  message: ['收到的消息：data、headers、keys、mediaType', 'the message: data, headers, keys, mediaType'],
  nodes: ['前面节点的输出，如 nodes.{{id}}', 'outputs of nodes before, such as nodes.{{id}}'],
  now: ['收到消息的时间，毫秒', 'time of acceptance in milliseconds'],
  sandbox: ['没有网络、文件和定时器；返回值成为新的数据。', 'No network, files or timers; the returned value is the new data.'],
});

export function ScriptField({ schema, value, onChange, label }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const { nodesBefore } = useScope();
  const placeholder = usePlaceholder(schema);
  const places = useScopePlaces();
  const complete = useMemo(() => offerWords((before) => scriptWords(before, places)), [places]);
  const id = nodesBefore[0]?.id ?? 'n_…';
  return (
    <div className={styles.stack}>
      <CodeEditor
        key={`${label} ${placeholder}`}
        language="javascript"
        label={label}
        value={typeof value === 'string' ? value : ''}
        placeholder={placeholder}
        height="260px"
        isReadOnly={isReadOnly}
        complete={complete}
        onChange={(text) => onChange(keptText(schema, text))}
        onBlur={seal}
      />
      <div className={styles.hint}>
        <div>
          <code>message</code> {t('message')}
        </div>
        <div>
          <code>nodes</code> {t('nodes', { id })}
        </div>
        <div>
          <code>now</code> {t('now')}
        </div>
        <div>{t('sandbox')}</div>
      </div>
    </div>
  );
}
