import { Button, Collapse, Input } from 'antd';
import { CircleCheck, CircleX, Play, Square, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { FlowTest } from '../../../engine/contract/flow/flow-document.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import type { TestReport } from '../api/operations.ts';
import { callWithProgress } from '../api/client.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { changeTest, removeTest, renameTest } from '../model/commands/saved-tests.ts';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { EmptyState } from '../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { Tag } from '../kit/feedback/status-tag.tsx';
import { useWhoMay } from '../kit/feedback/who-may.ts';
import styles from './trial.module.css';

const TEXTS = defineTexts({
  help: [
    '发布前会自动运行这些测试，有一个不通过就不会上线。测试不触达真实系统。',
    'These run before each publishing; if one fails, the version in service stays. No real system is called.',
  ],
  run: ['全部运行', 'Run all'],
  stop: ['停止', 'Stop'],
  progress: ['{{done}} / {{of}}', '{{done}} / {{of}}'],
  passed: ['通过', 'Passed'],
  failed: ['未通过', 'Failed'],
  none: ['还没有测试', 'No tests yet'],
  noneNext: ['试运行一次，再点“保存为测试”。', 'Try the flow, then press "Save as a test".'],
  try: ['去试运行', 'Try it'],
  name: ['测试名称', 'Name of the test'],
  remove: ['删除测试', 'Delete the test'],
  content: ['输入、模拟结果与期望', 'Input, mocked responses and expectations'],
  wrong: ['内容不符合测试的格式，未采用', 'This does not have the structure of a test and was not saved'],
  hidden: [
    '测试数据可能来自真实消息：需要“查看消息数据”的权限，持有它的角色：{{roles}}。',
    'Tests may contain data of real messages: this requires the right to see their data, which these roles give: {{roles}}.',
  ],
});

type Result = TestReport['tests'][number];

/** Lists the tests that are saved with the flow. They can be run, viewed and edited. */
export function TestsPanel() {
  const t = useTexts(TEXTS);
  const store = useEditorStore();
  const tests = useEditor(({ history }) => history.document.tests);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number }>();
  const [results, setResults] = useState<readonly Result[]>([]);
  const [failure, setFailure] = useState<unknown>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  if (tests.length === 0 && isReadOnly) return <EmptyState title={t('none')} />;
  if (tests.length === 0)
    return (
      <EmptyState
        title={t('none')}
        next={t('noneNext')}
        action={<Button onClick={() => store.getState().openPanel('try')}>{t('try')}</Button>}
      />
    );
  const run = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setFailure(undefined);
    setProgress({ done: 0, of: tests.length });
    const { document } = store.getState().history;
    await callWithProgress('flows.test', { document }, setProgress, {
      signal: controller.signal,
    }).then(
      ({ tests: done }) => setResults(done),
      (error: unknown) => controller.signal.aborted || setFailure(error),
    );
    setProgress(undefined);
  };
  return (
    <div className={styles.panel}>
      <p className={styles.hint}>{t('help')}</p>
      {isReadOnly ? null : (
        <div className={styles.acts}>
          {progress === undefined ? (
            <Button type="primary" icon={<Play size={16} />} onClick={() => void run()}>
              {t('run')}
            </Button>
          ) : (
            <Button icon={<Square size={16} />} onClick={() => stop.current?.abort()}>
              {t('stop')}
            </Button>
          )}
          <span aria-live="polite">{progress === undefined ? null : t('progress', progress)}</span>
        </div>
      )}
      {failure === undefined ? null : <ErrorBox error={failure} />}
      <Collapse
        size="small"
        items={tests.map((test, index) => ({
          key: String(index),
          label: <TestTitle name={test.name} result={results.find(({ name }) => name === test.name)} />,
          children: <TestBody key={index} index={index} test={test} result={results.find(({ name }) => name === test.name)} />,
        }))}
      />
    </div>
  );
}

function TestTitle({ name, result }: { readonly name: string; readonly result: Result | undefined }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  return (
    <span className={styles.step}>
      <span className={styles.label}>{name}</span>
      {result === undefined ? null : (
        <>
          <span className={styles.hint}>{format.duration(result.durationMs)}</span>
          <Tag tone={result.passed ? 'green' : 'red'} icon={result.passed ? CircleCheck : CircleX}>
            {result.passed ? t('passed') : t('failed')}
          </Tag>
        </>
      )}
    </span>
  );
}

interface TestBodyProps {
  readonly index: number;
  readonly test: FlowTest;
  readonly result: Result | undefined;
}

function TestBody({ index, test, result }: TestBodyProps) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const store = useEditorStore();
  const may = useMay();
  const whoMay = useWhoMay();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const { name, ...content } = test;
  const [typed, setTyped] = useState(() => JSON.stringify(content, null, 2));
  const [isWrong, setWrong] = useState(false);
  const take = () => {
    const planned = planChange(store.getState().history.document, index, name, typed);
    setWrong(planned === undefined);
    if (planned !== undefined) store.getState().run(planned);
  };
  const rename = (wished: string) => {
    const planned = renameTest(store.getState().history.document, index, wished);
    if ('command' in planned) store.getState().run(planned.command);
  };
  const remove = () => {
    const planned = removeTest(store.getState().history.document, index);
    if ('command' in planned) store.getState().run(planned.command);
  };
  return (
    <div className={styles.result}>
      {result?.problems.map((issue, at) => (
        <p key={at} className={styles.bad}>
          <code>{issue.path}</code> {errorText(issue, language).what}
        </p>
      ))}
      <div className={styles.acts}>
        <Input
          defaultValue={name}
          aria-label={t('name')}
          disabled={isReadOnly}
          onBlur={({ target }) => target.value !== name && rename(target.value)}
        />
        {isReadOnly ? null : <Button icon={<Trash2 size={16} />} aria-label={t('remove')} onClick={remove} />}
      </div>
      {may('executions.payload') ? (
        <CodeEditor
          label={t('content')}
          language="json"
          height="260px"
          isReadOnly={isReadOnly}
          value={typed}
          onChange={setTyped}
          onBlur={take}
        />
      ) : (
        <p className={styles.hint}>{t('hidden', { roles: whoMay('executions.payload') })}</p>
      )}
      {isWrong ? <span className={styles.bad}>{t('wrong')}</span> : null}
    </div>
  );
}

/** Returns the planned change of a test; undefined if the text is not a valid test. */
function planChange(document: Parameters<typeof changeTest>[0], index: number, name: string, text: string) {
  try {
    const planned = changeTest(document, index, { ...(JSON.parse(text) as Omit<FlowTest, 'name'>), name });
    return 'command' in planned ? planned.command : undefined;
  } catch {
    return undefined;
  }
}
