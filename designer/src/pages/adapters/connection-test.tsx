import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { CircleCheck, CircleX, PlugZap, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import type { Health, ProbeCertificate, ProbeStep } from '../../../../engine/contract/node/probe.ts';
import { callWithProgress } from '../../api/client.ts';
import type { Input } from '../../api/operation-types.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useText, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { ExchangeList } from './exchange-list.tsx';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  title: ['连接测试', 'Connection test'],
  run: ['测试连接', 'Test the connection'],
  stop: ['停止', 'Stop'],
  help: ['从平台所在机器逐步连过去；不发送业务数据。', 'Connects step by step from the platform’s machine; no message is sent.'],
  saved: ['用已保存的设置测试。', 'It uses the saved settings.'],
  unsaved: ['用表单中尚未保存的设置测试。', 'It uses the settings in this form, before they are saved.'],
  off: ['填好必填项即可测试，不必先保存。', 'Fill in the required fields, then test; you do not have to save first.'],
  good: ['通过', 'Passed'],
  bad: ['失败', 'Failed'],
  allGood: ['连接正常', 'The connection works'],
  running: ['正在测试…', 'Testing…'],
  stopped: ['测试已停止。', 'The test was stopped.'],
  certificate: ['证书', 'Certificate'],
  issuer: ['签发者', 'Issuer'],
  until: ['有效期至', 'Valid until'],
});

interface ConnectionTestProps {
  readonly adapterId: string;
  /** The edited document, if it differs from the saved one. */
  readonly unsaved?: Content | undefined;
  /** True while the form is incomplete; the test is then disabled. */
  readonly isOff?: boolean;
}

/**
 * Tests a connection. Shows the result of each step as soon as the step has ended. For a failed step, shows the reason
 * and what to do.
 */
export function ConnectionTest({ adapterId, unsaved, isOff = false }: ConnectionTestProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { steps, health, error, isRunning, isStopped, run, stop } = useTest(adapterId, unsaved);
  const isAllowed = may('adapters.test') && (unsaved === undefined || may('adapters.edit'));
  const button = isRunning ? (
    <Button icon={<Square size={14} />} onClick={stop}>
      {t('stop')}
    </Button>
  ) : (
    <Button icon={<PlugZap size={16} />} disabled={isOff} onClick={() => void run()}>
      {t('run')}
    </Button>
  );
  return (
    <Panel
      title={t('title')}
      extra={isAllowed ? button : null}
      help={`${t('help')} ${t(isOff ? 'off' : unsaved === undefined ? 'saved' : 'unsaved')}`}
    >
      <div aria-live="polite">
        {error === undefined ? null : <ErrorBox error={error} />}
        <ol className={styles.steps}>
          {steps.map((step, index) => (
            <StepLine key={index} step={step} />
          ))}
        </ol>
        {isRunning ? <span className={styles.quiet}>{t('running')}</span> : null}
        {isStopped ? <span className={styles.quiet}>{t('stopped')}</span> : null}
        {health?.ok === true ? (
          <div className={styles.settled}>
            <Tag tone="green" icon={CircleCheck}>
              {t('allGood')}
            </Tag>
          </div>
        ) : null}
      </div>
      {health?.exchanges === undefined ? null : <ExchangeList exchanges={health.exchanges} />}
    </Panel>
  );
}

/** Runs one test at a time. Leaving the page aborts it. */
function useTest(adapterId: string, unsaved: Content | undefined) {
  const client = useQueryClient();
  const controller = useRef<AbortController>(undefined);
  const [steps, setSteps] = useState<readonly ProbeStep[]>([]);
  const [outcome, setOutcome] = useState<{ readonly health?: Health; readonly error?: unknown; readonly isStopped?: boolean }>({});
  const [isRunning, setRunning] = useState(false);
  useEffect(() => () => controller.current?.abort(), []);
  const run = async () => {
    const { signal } = (controller.current = new AbortController());
    setSteps([]);
    setOutcome({});
    setRunning(true);
    const hear = ({ step }: { readonly step: ProbeStep }) => setSteps((now) => [...now, step]);
    try {
      const health =
        unsaved === undefined
          ? await callWithProgress('adapters.test', { adapterId }, hear, { signal })
          : await callWithProgress('adapters.try', { document: unsaved as Input<'adapters.try'>['document'] }, hear, { signal });
      setSteps(health.steps);
      setOutcome({ health });
    } catch (error) {
      setOutcome(signal.aborted ? { isStopped: true } : { error });
    }
    setRunning(false);
    void client.invalidateQueries({ queryKey: ['adapters.list'] });
  };
  return { steps, isStopped: false, ...outcome, isRunning, run, stop: () => controller.current?.abort() };
}

function StepLine({ step }: { readonly step: ProbeStep }) {
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
        {step.ok && step.detail !== undefined && step.detail !== '' ? <code>{step.detail}</code> : null}
      </div>
      {step.certificate === undefined ? null : <Certificate certificate={step.certificate} />}
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

function Certificate({ certificate: { subject, issuer, validTo } }: { readonly certificate: ProbeCertificate }) {
  const t = useTexts(TEXTS);
  return (
    <dl className={styles.certificate}>
      <dt>{t('certificate')}</dt>
      <dd>{subject}</dd>
      <dt>{t('issuer')}</dt>
      <dd>{issuer}</dd>
      {validTo === undefined ? null : (
        <>
          <dt>{t('until')}</dt>
          <dd>
            <ExpiryText at={validTo} />
          </dd>
        </>
      )}
    </dl>
  );
}
