import { RefreshCw } from 'lucide-react';
import { useMemo } from 'react';
import type { FlowNode, Handling, RetryRule } from '../../../engine/contract/flow/flow-document.ts';
import type { NodeDescription } from '../api/operations.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { isErrorPort } from '../model/flow/node-types.ts';
import { defaultRetry, handlingSchema, type HandlingCase, type HandlingSection } from './handling-schema.ts';
import { within, type NodeFocus } from './node-config.tsx';
import { retrySummary } from './retry-words.ts';
import { SchemaForm, type FormValue } from '../kit/form/schema-form.tsx';
import { useDraft } from '../kit/form/use-draft.ts';
import { useNodeEdits } from './use-node-edits.ts';
import styles from './panel.module.css';
import { FIELD_EDITORS } from './fields/field-registry.ts';

const TEXTS = defineTexts({
  time: ['时限', 'Time'],
  retry: ['重试', 'Retries'],
  error: ['出错', 'Errors'],
  record: ['留存', 'Record'],
  retryHelp: [
    '重试会带上同样的幂等键。间隔带有随机量，避免大量消息同时涌向刚恢复的系统。',
    'A retry uses the same idempotency key. Pauses are shortened randomly, so that a system that has just recovered is not flooded.',
  ],
  errorHelp: [
    '写入结果不明时总是挂起等人确认，除非错误分支明确接手。',
    'A write with an unknown outcome is always held for a decision, unless the error branch is chosen to handle it.',
  ],
});

interface NodeHandlingProps {
  readonly node: FlowNode;
  readonly type: NodeDescription;
  readonly focus: NodeFocus | undefined;
}

const NOTHING: Handling = {};

/**
 * Edits timeouts, retries and errors of a node. Triggers have no such settings, because they only receive messages.
 */
export function NodeHandling({ node, type, focus }: NodeHandlingProps) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { duration } = useFormat();
  const problems = useEditor((editor) => editor.problems);
  const about = useHandlingCase(node, type);
  const edits = useNodeEdits(node.id);
  const [handling, change] = useDraft<Handling>(node.handling ?? NOTHING, (next, field) =>
    edits.handling(Object.keys(next).length === 0 ? undefined : next, field),
  );
  const issues = useMemo(
    () => problems.ofField(node.id, '/handling').map(({ issue, place }) => ({ ...issue, path: place.field })),
    [problems, node.id],
  );
  const rule: RetryRule = { ...defaultRetry(about), ...handling.retry };
  const form = (section: HandlingSection, value: FormValue, prefix: string, onChange: (next: FormValue, field: string) => void) => (
    <SchemaForm
      editors={FIELD_EDITORS}
      schema={schemas(about, section)}
      value={value}
      issues={issues}
      prefix={prefix}
      focus={within(focus, prefix)}
      onChange={onChange}
    />
  );
  return (
    <div>
      <section className={styles.section}>
        <h3>{t('time')}</h3>
        {form('time', handling, '/handling', change)}
      </section>
      <section className={styles.section}>
        <h3>{t('retry')}</h3>
        <p>{t('retryHelp')}</p>
        {form('retry', handling.retry ?? NOTHING, '/handling/retry', (next, field) =>
          change(withRetry(handling, next, defaultRetry(about)), `/retry${field}`),
        )}
        <div className={styles.summary} role="status">
          <RefreshCw size={14} aria-hidden />
          <span>{retrySummary(rule, language, duration)}</span>
        </div>
      </section>
      <section className={styles.section}>
        <h3>{t('error')}</h3>
        <p>{t('errorHelp')}</p>
        {form('error', handling, '/handling', change)}
      </section>
      <section className={styles.section}>
        <h3>{t('record')}</h3>
        {form('record', handling, '/handling', change)}
      </section>
    </div>
  );
}

/**
 * Returns the handling with a complete retry rule. If a field were left out, the engine would use another default than
 * the one that the form shows.
 */
function withRetry({ retry: _old, ...rest }: Handling, partial: FormValue, preset: RetryRule): Handling {
  return Object.keys(partial).length === 0 ? rest : { ...rest, retry: { ...preset, ...partial } };
}

function useHandlingCase(node: FlowNode, type: NodeDescription): HandlingCase {
  const mode = useEditor(({ history }) => history.document.mode);
  const hasErrorPort = useEditor(({ types }) => types.outPorts(node)?.some(({ name }) => isErrorPort(name)) === true);
  const isErrorConnected = useEditor(({ history }) =>
    history.document.edges.some(({ from }) => from.node === node.id && isErrorPort(from.port)),
  );
  const isAction = type.kind === 'action';
  return useMemo(() => ({ mode, isAction, hasErrorPort, isErrorConnected }), [mode, isAction, hasErrorPort, isErrorConnected]);
}

const made = new WeakMap<HandlingCase, Partial<Record<HandlingSection, ReturnType<typeof handlingSchema>>>>();

/**
 * Returns the schema of a section. Returns the same object again for the same case, so that the form does not check its
 * value again.
 */
function schemas(about: HandlingCase, section: HandlingSection): ReturnType<typeof handlingSchema> {
  const kept = made.get(about) ?? {};
  made.set(about, kept);
  return (kept[section] ??= handlingSchema(section, about));
}
