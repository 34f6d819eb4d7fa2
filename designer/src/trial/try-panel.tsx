import { Alert, App, Button, Select, Switch } from 'antd';
import { FlaskConical, Play, Square } from 'lucide-react';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { useOfferedShapes } from '../node-panel/use-offered-shapes.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { addTest } from '../model/commands/saved-tests.ts';
import { answersOfShapes } from '../model/samples/offered-shapes.ts';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { parseJson } from '../kit/code/parse-json.ts';
import { FlowErrorBox } from '../release/flow-error-box.tsx';
import { hl7OfLines, linesOfHl7, takesHl7Text } from './hl7-lines.ts';
import { playTrial } from './play-trial.ts';
import { testOfTrial } from './run-trial.ts';
import type { Scope, TrialOrder, TrialRun } from '../editor/state/trial-state.ts';
import { TrialResult } from './trial-result.tsx';
import styles from './trial.module.css';
import { useStarts, type Start } from './use-starts.ts';

const TEXTS = defineTexts({
  sample: ['样例', 'Sample'],
  own: ['自己填写', 'Written here'],
  input: ['输入消息（JSON）', 'Initial message (JSON)'],
  inputHl7: ['输入消息（HL7，每段一行）', 'Initial message (HL7, one segment per line)'],
  notJson: ['这不是正确的 JSON', 'This is not valid JSON'],
  scope: ['范围', 'What runs'],
  whole: ['整条流程', 'The whole flow'],
  from: ['从“{{label}}”开始', 'From "{{label}}" on'],
  only: ['只跑“{{label}}”', 'Only "{{label}}"'],
  reach: ['真实调用外部系统', 'Really call the other systems'],
  reachOff: [
    '不会触达真实系统：外部节点用测试用例里的模拟结果，或按对方服务描述编的示例；都没有的会标出“未到达”。',
    'No real system is called: nodes that call other systems return the response of the test case, or an example generated from the service’s own description; a node without either is marked "not reached".',
  ],
  reachOn: [
    '没有模拟结果的外部节点会真的发出请求，写入也会真的发生。',
    'Nodes that call other systems and have no mocked response really send, and their writes are real.',
  ],
  run: ['运行', 'Run'],
  stop: ['停止', 'Stop'],
  clear: ['清除结果', 'Clear the result'],
  save: ['保存为测试', 'Save as a test'],
  saved: ['已保存为测试“{{name}}”，发布前会自动运行', 'Saved as the test "{{name}}"; it runs before each publishing'],
  name: ['试运行 {{number}}', 'Trial {{number}}'],
});

/** Key of the option to enter the input by hand. */
const OWN = 'own';

/** Runs the flow, or part of it, once. Shows each node's input, output and time, and can save the run as a test. */
export function TryPanel() {
  const store = useEditorStore();
  const offered = useOfferedShapes({ mayAsk: true });
  const starts = useStarts(offered);
  const { setTrial } = store.getState();
  const { startKey, typed: own, scope, reachesAdapters, run } = useEditor((editor) => editor.trial);
  const selected = useSelectedNode();
  const start = startKey === undefined ? starts[0] : starts.find(({ key }) => key === startKey);
  const typed = own ?? JSON.stringify(start?.input.data ?? {}, null, 2);
  const data = parseJson(typed);
  const isHl7 = useBeginsWithHl7(scope === 'whole' ? undefined : selected);
  const begin = ({ value }: { readonly value: unknown }) => {
    const { history, types } = store.getState();
    const { document } = history;
    void playTrial(store, {
      document,
      input: { ...start?.input, data: value },
      mocks: { ...(reachesAdapters ? {} : answersOfShapes(document.nodes, types, offered)), ...start?.mocks },
      reachesAdapters,
      scope: scope === 'whole' || selected === undefined ? { kind: 'whole' } : { kind: scope, nodeId: selected.id },
    });
  };
  return (
    <div className={styles.panel}>
      <SampleSelect
        starts={starts}
        value={start?.key ?? OWN}
        onChange={(key) => setTrial({ startKey: key, typed: key === OWN ? typed : undefined })}
      />
      <InputEditor typed={typed} data={data} isHl7={isHl7} onType={(next) => setTrial({ typed: next })} />
      <ScopeSelect selected={selected} />
      <ReachSwitch />
      <div className={styles.acts}>
        <RunOrStop run={run} onRun={data === undefined ? undefined : () => begin(data)} />
        {run?.answer === undefined ? null : <AfterRun answer={run.answer} order={run.order} />}
      </div>
      {run?.error === undefined ? null : <FlowErrorBox error={run.error} document={run.order.document} />}
      {run?.answer === undefined ? null : <TrialResult answer={run.answer} mocks={run.order.mocks} offered={offered} />}
    </div>
  );
}

function useSelectedNode(): FlowNode | undefined {
  return useEditor(({ selection, history }) => history.document.nodes.find(({ id }) => id === selection.nodes[0]));
}

/** Returns whether the node at which the trial starts takes HL7 text. This is the trigger if `first` is undefined. */
function useBeginsWithHl7(first: FlowNode | undefined): boolean {
  return useEditor(({ history, types }) => {
    const node = first ?? history.document.nodes.find((other) => types.isTrigger(other));
    return node !== undefined && takesHl7Text(types.get(node.type));
  });
}

interface SampleSelectProps {
  readonly starts: readonly Start[];
  readonly value: string;
  readonly onChange: (key: string) => void;
}

function SampleSelect({ starts, value, onChange }: SampleSelectProps) {
  const t = useTexts(TEXTS);
  return (
    <label className={styles.field}>
      {t('sample')}
      <Select
        value={value}
        aria-label={t('sample')}
        options={[...starts.map(({ key, label }) => ({ value: key, label })), { value: OWN, label: t('own') }]}
        onChange={onChange}
      />
    </label>
  );
}

function ScopeSelect({ selected }: { readonly selected: FlowNode | undefined }) {
  const t = useTexts(TEXTS);
  const scope = useEditor(({ trial }) => trial.scope);
  const { setTrial } = useEditorStore().getState();
  return (
    <label className={styles.field}>
      {t('scope')}
      <Select<Scope['kind']>
        value={selected === undefined ? 'whole' : scope}
        aria-label={t('scope')}
        onChange={(next) => setTrial({ scope: next })}
        options={[
          { value: 'whole', label: t('whole') },
          ...(selected === undefined
            ? []
            : (['from', 'only'] as const).map((value) => ({ value, label: t(value, { label: selected.label }) }))),
        ]}
      />
    </label>
  );
}

function ReachSwitch() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const isOn = useEditor(({ trial }) => trial.reachesAdapters);
  const { setTrial } = useEditorStore().getState();
  return (
    <>
      {may('adapters.test') ? (
        <div className={styles.reach}>
          <Switch checked={isOn} aria-label={t('reach')} onChange={(next) => setTrial({ reachesAdapters: next })} /> {t('reach')}
        </div>
      ) : null}
      {isOn ? <Alert type="warning" showIcon title={t('reachOn')} /> : <p className={styles.hint}>{t('reachOff')}</p>}
    </>
  );
}

/** Shows the button that runs or stops a trial. `onRun` is undefined as long as the input cannot be read. */
function RunOrStop({ run, onRun }: { readonly run: TrialRun | undefined; readonly onRun: (() => void) | undefined }) {
  const t = useTexts(TEXTS);
  const isRunning = run !== undefined && run.answer === undefined && run.error === undefined;
  return isRunning ? (
    <Button icon={<Square size={16} />} onClick={() => run.stop.abort()}>
      {t('stop')}
    </Button>
  ) : (
    <Button type="primary" icon={<Play size={16} />} disabled={onRun === undefined} onClick={onRun}>
      {t('run')}
    </Button>
  );
}

/** Shows what the user can do with the result. Only a run of the whole flow can become a test. */
function AfterRun({ answer, order }: { readonly answer: NonNullable<TrialRun['answer']>; readonly order: TrialOrder }) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const store = useEditorStore();
  const save = () => {
    const { history, types, run } = store.getState();
    const { document } = history;
    const isOutside = (id: string) => types.get(document.nodes.find((node) => node.id === id)?.type ?? '')?.adapter !== undefined;
    const name = t('name', { number: document.tests.length + 1 });
    const planned = addTest(document, testOfTrial(answer, order, isOutside, name));
    if ('refusal' in planned) return;
    run(planned.command);
    void message.success(t('saved', { name }));
  };
  const clear = () => {
    const { setTrial, setOverlay } = store.getState();
    setTrial({ run: undefined });
    setOverlay(undefined);
  };
  return (
    <>
      {order.scope.kind === 'whole' ? (
        <Button icon={<FlaskConical size={16} />} onClick={save}>
          {t('save')}
        </Button>
      ) : null}
      <Button onClick={clear}>{t('clear')}</Button>
    </>
  );
}

interface InputEditorProps {
  /** The input as JSON text. */
  readonly typed: string;
  /** The parsed value; undefined if the text is not valid JSON. */
  readonly data: { readonly value: unknown } | undefined;
  readonly isHl7: boolean;
  readonly onType: (typed: string) => void;
}

/** Edits the input. HL7 text is edited as lines, anything else as JSON. */
function InputEditor({ typed, data, isHl7, onType }: InputEditorProps) {
  const t = useTexts(TEXTS);
  const isLines = isHl7 && typeof data?.value === 'string';
  const label = t(isLines ? 'inputHl7' : 'input');
  return (
    <div className={styles.field}>
      {label}
      {isLines ? (
        <CodeEditor
          key="hl7"
          label={label}
          language="text"
          height="180px"
          value={linesOfHl7(data.value)}
          onChange={(lines) => onType(JSON.stringify(hl7OfLines(lines)))}
        />
      ) : (
        <CodeEditor key="json" label={label} language="json" height="180px" value={typed} onChange={onType} />
      )}
      {data === undefined ? <span className={styles.bad}>{t('notJson')}</span> : null}
    </div>
  );
}
