/** Edits the settings of the flow: name, mode, handling of incoming messages, and retention. */
import { Waypoints } from 'lucide-react';
import { useMemo } from 'react';
import type { FlowDocument, Ingress, Recording } from '../../../engine/contract/flow/flow-document.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { changeSettings, type FlowSettings } from '../model/commands/flow-settings.ts';
import { FLOW_SCHEMAS } from './flow-schema.ts';
import { within, type NodeFocus } from './node-config.tsx';
import { NodeSurroundings } from './node-surroundings.tsx';
import { SchemaForm, type FormValue } from '../kit/form/schema-form.tsx';
import { useDraft } from '../kit/form/use-draft.ts';
import styles from './panel.module.css';
import { FIELD_EDITORS } from './fields/field-registry.ts';

const TEXTS = defineTexts({
  title: ['流程设置', 'Settings of the flow'],
  about: ['基本信息', 'About'],
  mode: ['运行方式', 'How it runs'],
  sync: [
    '同步：调用方等着结果，消息不落库；适合查询、预约这类要马上答复的请求。',
    'Sync: the caller waits for the result and the message is not stored first; for queries and bookings that are answered immediately.',
  ],
  durable: [
    '可靠异步：消息先存下再回执，之后重试到成功；适合入出院、报告这类不能丢的通知。',
    'Durable: the message is stored and acknowledged, then retried until it is delivered; for admissions and reports that must not be lost.',
  ],
  dedupe: ['去重', 'Dedupe'],
  dedupeHelp: [
    '发送方重发同一条消息时，直接返回第一次的结果，不会登记两次。',
    'If a sender repeats a message, it gets the response to the first one, and nothing is done twice.',
  ],
  lane: ['顺序', 'Order'],
  laneHelp: [
    '例如按患者：先入院后出院绝不颠倒；一条挂起时，同一患者的后续消息等待，其他患者不受影响。',
    'For example by patient: an admission is never processed after its discharge. While one message is held, later messages of that patient wait and others continue.',
  ],
  keys: ['业务键', 'Business keys'],
  recording: ['留存', 'Record'],
});

type Settings = Pick<FlowDocument, 'name' | 'domain' | 'tags' | 'mode' | 'deadlineMs'> & FlowSettings;

export function FlowPanel() {
  const t = useTexts(TEXTS);
  const text = useText();
  const name = useEditor(({ history }) => history.document.name);
  return (
    <NodeSurroundings nodeId={undefined}>
      <div className={styles.panel}>
        <div className={styles.header}>
          <span className={styles.icon} data-category="trigger">
            <Waypoints size={20} aria-hidden />
          </span>
          <div className={styles.names}>
            <strong>{text(name)}</strong>
            <span className={styles.type}>{t('title')}</span>
          </div>
        </div>
        <FlowForms />
      </div>
    </NodeSurroundings>
  );
}

function FlowForms() {
  const t = useTexts(TEXTS);
  const document = useEditor(({ history }) => history.document);
  const problems = useEditor((editor) => editor.problems);
  const focus = useEditor((editor): NodeFocus | undefined => (editor.focus?.nodeId === undefined ? editor.focus : undefined));
  const store = useEditorStore();
  const settings = useSettings(document);
  const [shown, change] = useDraft<Settings>(settings, (next, field) => {
    const changed = Object.fromEntries(
      Object.keys({ ...settings, ...next })
        .filter((key) => next[key as keyof Settings] !== settings[key as keyof Settings])
        .map((key) => [key, next[key as keyof Settings]]),
    );
    const plan = changeSettings(changed, field);
    if ('command' in plan) store.getState().run(plan.command);
    return 'command' in plan;
  });
  const issues = useMemo(() => problems.all.filter(({ place }) => place.kind === 'settings').map(({ issue }) => issue), [problems]);
  const ingress: Ingress = shown.ingress ?? {};
  const put = (part: Partial<Settings>, field: string) => change({ ...shown, ...part }, field);
  const putIngress = (part: { readonly [Name in keyof Ingress]?: Ingress[Name] | undefined }, field: string) =>
    put({ ingress: withoutAbsent({ ...ingress, ...part }) }, field);
  const form = (name: keyof typeof FLOW_SCHEMAS, value: FormValue, prefix: string, onChange: (value: FormValue, field: string) => void) => (
    <SchemaForm
      editors={FIELD_EDITORS}
      schema={FLOW_SCHEMAS[name]}
      value={value}
      issues={issues}
      prefix={prefix}
      focus={within(focus, prefix)}
      onChange={onChange}
    />
  );
  return (
    <div>
      <Section title={t('about')}>{form('about', shown, '', (next, field) => put(fieldsIn(next, ABOUT), field))}</Section>
      <Section title={t('mode')} help={t(shown.mode)}>
        {form('mode', shown, '', (next, field) => put(fieldsIn(next, ['mode', 'deadlineMs']), field))}
      </Section>
      <Section title={t('dedupe')} help={t('dedupeHelp')}>
        {form('dedupe', ingress.dedupe ?? {}, '/ingress/dedupe', (next, field) =>
          putIngress({ dedupe: dedupeOf(next) }, `/dedupe${field}`),
        )}
      </Section>
      <Section title={t('lane')} help={t('laneHelp')}>
        {form('lane', ingress.lane ?? {}, '/ingress/lane', (next, field) =>
          putIngress({ lane: typeof next['key'] === 'string' ? { key: next['key'] } : undefined }, `/lane${field}`),
        )}
      </Section>
      <Section title={t('keys')}>
        {form('keys', ingress.keys === undefined ? {} : { keys: ingress.keys }, '/ingress', (next, field) =>
          putIngress({ keys: next['keys'] as Ingress['keys'] }, field),
        )}
      </Section>
      <Section title={t('recording')}>
        {form('recording', shown.recording ?? {}, '/recording', (next, field) =>
          put({ recording: recordingOf(next) }, `/recording${field}`),
        )}
      </Section>
    </div>
  );
}

function Section({ title, help, children }: { readonly title: string; readonly help?: string; readonly children: React.ReactNode }) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      {help === undefined ? null : <p>{help}</p>}
      {children}
    </section>
  );
}

const ABOUT = ['name', 'description', 'domain', 'sharedWith', 'tags'] as const;

/**
 * Returns these fields of the form. A field that the user removed is undefined, so that the command removes it from the
 * flow too.
 */
function fieldsIn(value: FormValue, names: readonly (keyof Settings)[]): Partial<Settings> {
  return Object.fromEntries(names.map((name) => [name, value[name] ?? (name === 'tags' ? [] : undefined)]));
}

function useSettings(document: FlowDocument): Settings {
  const { name, description, domain, sharedWith, tags, mode, deadlineMs, ingress, recording } = document;
  return useMemo(
    () => ({
      name,
      domain,
      tags,
      mode,
      deadlineMs,
      ...(description === undefined ? {} : { description }),
      ...(sharedWith === undefined ? {} : { sharedWith }),
      ...(ingress === undefined ? {} : { ingress }),
      ...(recording === undefined ? {} : { recording }),
    }),
    [name, description, domain, sharedWith, tags, mode, deadlineMs, ingress, recording],
  );
}

/**
 * Returns the deduplication setting; undefined if neither key nor window is set. If only the window is set, the key is
 * empty. The flow does not accept an empty key, so the form keeps the window until the author enters a key.
 */
function dedupeOf({ key, windowSec }: FormValue): Ingress['dedupe'] | undefined {
  if (key === undefined && windowSec === undefined) return undefined;
  return { key: typeof key === 'string' ? key : '', windowSec: typeof windowSec === 'number' ? windowSec : 86_400 };
}

function recordingOf(value: FormValue): Recording | undefined {
  if (Object.keys(value).length === 0) return undefined;
  return { level: 'full', retainDays: 30, ...value };
}

function withoutAbsent(ingress: { readonly [Name in keyof Ingress]?: Ingress[Name] | undefined }): Ingress | undefined {
  const present = Object.entries(ingress).filter(([, value]) => value !== undefined);
  return present.length === 0 ? undefined : (Object.fromEntries(present) as Ingress);
}
