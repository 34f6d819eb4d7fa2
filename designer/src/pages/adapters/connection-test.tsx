import { Button } from 'antd';
import { CircleCheck, CircleX, PlugZap } from 'lucide-react';
import { errorText } from '../../../../engine/contract/error-texts.ts';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Panel } from '../../parts/page-header.tsx';
import { Tag } from '../../parts/status-tag.tsx';
import styles from './adapter-page.module.css';

const TEXTS = defineTexts({
  title: ['连接测试', 'Connection test'],
  run: ['测试连接', 'Test the connection'],
  help: [
    '按已保存的设置，从平台所在机器逐步连过去；不发送业务数据。',
    'Connects step by step from the platform, with the settings as saved; no message is sent.',
  ],
  good: ['通过', 'Passed'],
  bad: ['失败', 'Failed'],
});

type Step = Outputs['adapters.test']['steps'][number];

/** What each step of connecting gave, and for a failed one why and what to do. */
export function ConnectionTest({ adapterId }: { readonly adapterId: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const test = useMutationOf('adapters.test');
  const run = may('adapters.test') ? (
    <Button icon={<PlugZap size={16} />} loading={test.isPending} onClick={() => test.mutate({ adapterId })}>
      {t('run')}
    </Button>
  ) : null;
  return (
    <Panel title={t('title')} extra={run}>
      <div aria-live="polite">
        {test.data === undefined && test.error === null ? <span className={styles.quiet}>{t('help')}</span> : null}
        {test.error === null ? null : <ErrorBox error={test.error} />}
        {test.data === undefined ? null : (
          <ol className={styles.steps}>
            {test.data.steps.map((step, index) => (
              <StepLine key={index} step={step} />
            ))}
          </ol>
        )}
      </div>
    </Panel>
  );
}

function StepLine({ step }: { readonly step: Step }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const language = useLanguage();
  const told = step.error === undefined ? undefined : errorText(step.error, language);
  return (
    <li>
      <div className={styles.step}>
        <Tag tone={step.ok ? 'green' : 'red'} icon={step.ok ? CircleCheck : CircleX}>
          {step.ok ? t('good') : t('bad')}
        </Tag>
        <strong>{text(step.name)}</strong>
        <span className={styles.quiet}>{format.duration(step.durationMs)}</span>
        {step.ok && step.detail !== undefined ? <code>{step.detail}</code> : null}
      </div>
      {step.ok ? null : (
        <div className={styles.why}>
          <div>{told?.what ?? step.detail}</div>
          {told?.fix === undefined ? null : <div>{told.fix}</div>}
          {told?.original === undefined ? null : <q lang="en">{told.original}</q>}
        </div>
      )}
    </li>
  );
}
