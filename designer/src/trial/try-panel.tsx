import { Alert, App, Button, Select, Switch } from 'antd';
import { FlaskConical, Play, Square } from 'lucide-react';
import { useMemo } from 'react';
import type { FlowTest } from '../../../engine/contract/flow/flow-document.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { useOfferedShapes } from '../node-panel/use-offered-shapes.ts';
import { useGuide } from '../guide/guide-store.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { addTest } from '../model/commands/saved-tests.ts';
import { answersOfShapes, bodySchema, type OfferedShapes } from '../model/samples/offered-shapes.ts';
import { sampleOf } from '../model/schema/schema-sample.ts';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { parseJson } from '../kit/code/parse-json.ts';
import { FlowErrorBox } from '../release/flow-error-box.tsx';
import { hl7OfLines, linesOfHl7, takesHl7Text } from './hl7-lines.ts';
import { handedIn, overlayOf, runTrial, samplesOf, testOfTrial } from './run-trial.ts';
import type { Scope, TrialOrder } from '../editor/state/trial-state.ts';
import { TrialResult } from './trial-result.tsx';
import styles from './trial.module.css';

const TEXTS = defineTexts({
  sample: ['样例', 'Sample'],
  structure: ['按请求结构编的示例', 'Example made from the structure of the request'],
  own: ['自己填写', 'Written here'],
  input: ['输入消息（JSON）', 'Message to begin with (JSON)'],
  inputHl7: ['输入消息（HL7，每段一行）', 'Message to begin with (HL7, one segment on each line)'],
  notJson: ['这不是正确的 JSON', 'This is not valid JSON'],
  scope: ['范围', 'What runs'],
  whole: ['整条流程', 'The whole flow'],
  from: ['从“{{label}}”开始', 'From "{{label}}" on'],
  only: ['只跑“{{label}}”', '"{{label}}" alone'],
  reach: ['真实调用外部系统', 'Really call the other systems'],
  reachOff: [
    '不会触达真实系统：外部节点用测试用例里的模拟结果，或按对方服务描述编的示例；都没有的会标出“未到达”。',
    'No real system is reached: outside nodes answer as the test case says, or with an example made from the service’s own description; one without either is marked "not reached".',
  ],
  reachOn: [
    '没有模拟结果的外部节点会真的发出请求，写入也会真的发生。',
    'Outside nodes without a mocked answer really send, and what they write is really written.',
  ],
  run: ['运行', 'Run'],
  stop: ['停止', 'Stop'],
  clear: ['清除结果', 'Clear the result'],
  save: ['保存为测试', 'Save as a test'],
  saved: ['已保存为测试“{{name}}”，发布前会自动运行', 'Saved as the test "{{name}}"; it runs before each publishing'],
  name: ['试运行 {{number}}', 'Trial {{number}}'],
});

interface Start {
  readonly key: string;
  readonly label: string;
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
}

/** No sample: the user's own input. */
const OWN = 'own';

/** Runs the flow, or part of it, once. Shows each node's input, output and time, and can save the run as a test. */
export function TryPanel() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { message } = App.useApp();
  const store = useEditorStore();
  const offered = useOfferedShapes({ mayAsk: true });
  const starts = useStarts(offered);
  const trial = useEditor((editor) => editor.trial);
  const { setTrial, setOverlay, setSamples } = store.getState();
  const { scope, reachesAdapters, run } = trial;
  const selected = useEditor(({ selection, history }) => history.document.nodes.find(({ id }) => id === selection.nodes[0]));
  const start = trial.startKey === undefined ? starts[0] : starts.find(({ key }) => key === trial.startKey);
  const typed = trial.typed ?? JSON.stringify(start?.input.data ?? {}, null, 2);
  const data = parseJson(typed);
  const begun = useEditor(({ history, types }) =>
    scope === 'whole' || selected === undefined ? history.document.nodes.find((node) => types.isTrigger(node)) : selected,
  );
  const isHl7 = useEditor(({ types }) => begun !== undefined && takesHl7Text(types.get(begun.type)));
  const isRunning = run !== undefined && run.answer === undefined && run.error === undefined;
  const choose = (key: string) => setTrial({ startKey: key, typed: key === OWN ? typed : undefined });
  const go = async () => {
    if (data === undefined) return;
    const { document } = store.getState().history;
    const part: Scope = scope === 'whole' || selected === undefined ? { kind: 'whole' } : { kind: scope, nodeId: selected.id };
    const order: TrialOrder = {
      document,
      input: { ...start?.input, data: data.value },
      mocks: { ...(reachesAdapters ? {} : answersOfShapes(document.nodes, store.getState().types, offered)), ...start?.mocks },
      reachesAdapters,
      scope: part,
    };
    const trigger = part.kind === 'whole' ? document.nodes.find((node) => store.getState().types.isTrigger(node))?.id : undefined;
    const stop = new AbortController();
    setTrial({ run: { order, stop } });
    setOverlay(undefined);
    try {
      const answer = await runTrial(order, stop.signal);
      setOverlay(overlayOf(answer, document, trigger));
      const begun = part.kind === 'whole' ? handedIn(document, store.getState().types, data.value) : {};
      setSamples(samplesOf(answer, begun));
      useGuide.getState().finish('try');
      setTrial({ run: { order, stop, answer } });
    } catch (error) {
      setTrial({ run: stop.signal.aborted ? undefined : { order, stop, error } });
    }
  };
  const save = () => {
    if (run?.answer === undefined) return;
    const { history, types } = store.getState();
    const { document } = history;
    const isOutside = (id: string) => types.get(document.nodes.find((node) => node.id === id)?.type ?? '')?.adapter !== undefined;
    const name = t('name', { number: document.tests.length + 1 });
    const planned = addTest(document, testOfTrial(run.answer, run.order, isOutside, name));
    if ('refusal' in planned) return;
    store.getState().run(planned.command);
    void message.success(t('saved', { name }));
  };
  return (
    <div className={styles.panel}>
      <label className={styles.field}>
        {t('sample')}
        <Select
          value={start?.key ?? OWN}
          aria-label={t('sample')}
          options={[...starts.map(({ key, label }) => ({ value: key, label })), { value: OWN, label: t('own') }]}
          onChange={choose}
        />
      </label>
      <InputEditor typed={typed} data={data} isHl7={isHl7} onType={(next) => setTrial({ typed: next })} />
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
      {may('adapters.test') ? (
        <div className={styles.reach}>
          <Switch checked={reachesAdapters} aria-label={t('reach')} onChange={(next) => setTrial({ reachesAdapters: next })} /> {t('reach')}
        </div>
      ) : null}
      {reachesAdapters ? <Alert type="warning" showIcon title={t('reachOn')} /> : <p className={styles.hint}>{t('reachOff')}</p>}
      <div className={styles.acts}>
        {isRunning ? (
          <Button icon={<Square size={16} />} onClick={() => run.stop.abort()}>
            {t('stop')}
          </Button>
        ) : (
          <Button type="primary" icon={<Play size={16} />} disabled={data === undefined} onClick={() => void go()}>
            {t('run')}
          </Button>
        )}
        {run?.answer === undefined ? null : (
          <>
            {run.order.scope.kind === 'whole' ? (
              <Button icon={<FlaskConical size={16} />} onClick={save}>
                {t('save')}
              </Button>
            ) : null}
            <Button
              onClick={() => {
                setTrial({ run: undefined });
                setOverlay(undefined);
              }}
            >
              {t('clear')}
            </Button>
          </>
        )}
      </div>
      {run?.error === undefined ? null : <FlowErrorBox error={run.error} document={run.order.document} />}
      {run?.answer === undefined ? null : <TrialResult answer={run.answer} mocks={run.order.mocks} offered={offered} />}
    </div>
  );
}

interface InputEditorProps {
  /** JSON text. */
  readonly typed: string;
  /** The parsed value; undefined if it is invalid JSON. */
  readonly data: { readonly value: unknown } | undefined;
  readonly isHl7: boolean;
  readonly onType: (typed: string) => void;
}

/** Input known as lines of text (HL7) is edited as lines, anything else as JSON. */
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

/** Saved tests first, then an example of the known structure, then the samples of the trigger's type. */
function useStarts(offered: OfferedShapes): readonly Start[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const tests = useEditor(({ history }) => history.document.tests);
  const trigger = useEditor(({ history, types }) => history.document.nodes.find((node) => types.isTrigger(node)));
  const samples = useEditor(({ types }) => (trigger === undefined ? undefined : types.get(trigger.type)?.samples));
  const body = useEditor(({ history, types }) => bodySchema(history.document, types, offered));
  return useMemo(
    () => [
      ...tests.map(({ name, input, mocks }, index) => ({ key: `test ${index}`, label: name, input, mocks })),
      ...(body === undefined
        ? []
        : [{ key: 'structure', label: t('structure'), input: { data: { body: sampleOf(body), query: {}, params: {} } }, mocks: {} }]),
      ...(samples ?? []).map(({ name, data, mediaType }, index) => ({
        key: `sample ${index}`,
        label: text(name),
        input: { data, ...(mediaType === undefined ? {} : { mediaType }) },
        mocks: {},
      })),
    ],
    [tests, body, samples, text, t],
  );
}
