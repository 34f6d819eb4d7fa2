import { Button, Tooltip } from 'antd';
import { CircleCheck, X } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useMay } from '../session/session-context.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './guide-card.module.css';
import { GUIDE_STEPS, useGuide, type GuideStep } from './guide-store.ts';

const TEXTS = defineTexts({
  title: ['三步上手', 'Three steps to get started'],
  close: ['关闭指引（可在右上角账号菜单中重新打开）', 'Close the guide (you can open it again from the account menu)'],
  look: ['看一条真实的流程', 'Look at a real flow'],
  lookHelp: [
    '示例城市的“预约挂号”：市民预约，按医院分派到 REST 或 SOAP 系统，再统一回复。点任一节点看它的配置。',
    'Booking in the example city: a citizen books, the hospital determines whether REST or SOAP is used, and one response is returned. Click a node to see its settings.',
  ],
  lookAct: ['打开“预约挂号”', 'Open it'],
  try: ['试着跑一遍', 'Run it once'],
  tryHelp: [
    '点“试运行”，用测试用例里的样例跑一遍：每个节点的输入、输出、用时都会显示。不会触达真实医院。',
    'Press "Try" and run it with the sample of a test case: input, output and time of each node are shown. No real hospital is called.',
  ],
  tryAct: ['去试运行', 'Try it'],
  tryHere: [
    '用样例把这条流程跑一遍：每个节点的输入、输出、用时都会显示。不会触达真实医院。',
    'Run this flow once with a sample: input, output and time of each node are shown. No real hospital is called.',
  ],
  create: ['画出自己的流程', 'Draw your own'],
  createHelp: [
    '新建一条流程：选模板或从空白开始，从左侧拖入节点、连线、试运行，然后发布。',
    'Create a flow from a template or from scratch: drag nodes in from the left, connect them, try, publish.',
  ],
  createAct: ['新建流程', 'New flow'],
  finished: [
    '完成了。以后可按 Ctrl+K 找到任何页面、流程和命令，按 ? 看快捷键。',
    'Done. Ctrl+K finds every page, flow and command; ? shows the shortcuts.',
  ],
  done: ['知道了', 'Good'],
});

const EXAMPLE = '/flows/flw_appointment';
const GOES_TO: Readonly<Record<GuideStep, string>> = { look: EXAMPLE, try: `${EXAMPLE}?panel=try`, create: '/flows?new=1' };

interface GuideCardProps {
  /** True for one line above the canvas of an open flow. The step "try a flow" then means this flow. */
  readonly isBar?: boolean;
}

/**
 * Guides a new user from the example city to their first flow. A step is ticked off as soon as the user has completed
 * it, even without the guide.
 */
export function GuideCard({ isBar = false }: GuideCardProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const go = useNavigate();
  const { done, isClosed, close } = useGuide();
  if (isClosed || !may('flows.edit')) return null;
  const current = GUIDE_STEPS.find((step) => !done.includes(step));
  if (isBar && current === undefined) return null;
  if (isBar && current !== undefined) {
    return (
      <section className={styles.bar} aria-label={t('title')}>
        <strong>
          {t('title')} {GUIDE_STEPS.indexOf(current) + 1}/{GUIDE_STEPS.length} · {t(current)}
        </strong>
        <span className={styles.barHelp}>{current === 'try' ? t('tryHere') : t(`${current}Help`)}</span>
        <Button size="small" type="primary" onClick={() => void go(current === 'try' ? '?panel=try' : GOES_TO[current])}>
          {t(`${current}Act`)}
        </Button>
        <Button type="text" size="small" icon={<X size={16} />} aria-label={t('close')} title={t('close')} onClick={close} />
      </section>
    );
  }
  return (
    <section className={styles.card} aria-label={t('title')}>
      <div className={styles.title}>
        {t('title')}
        <Tooltip title={t('close')}>
          <Button type="text" size="small" icon={<X size={16} />} aria-label={t('close')} onClick={close} />
        </Tooltip>
      </div>
      <ol className={styles.steps}>
        {GUIDE_STEPS.map((step, index) => (
          <li key={step} aria-current={step === current ? 'step' : undefined} className={step === current ? styles.current : undefined}>
            <div className={styles.step}>
              {done.includes(step) ? (
                <CircleCheck size={18} className={styles.tick ?? ''} />
              ) : (
                <span className={styles.number}>{index + 1}</span>
              )}
              {t(step)}
            </div>
            {step === current ? (
              <>
                <p>{t(`${step}Help`)}</p>
                <Button size="small" type="primary" onClick={() => void go(GOES_TO[step])}>
                  {t(`${step}Act`)}
                </Button>
              </>
            ) : null}
          </li>
        ))}
      </ol>
      {current === undefined ? (
        <div className={styles.finished}>
          <p>{t('finished')}</p>
          <Button size="small" onClick={close}>
            {t('done')}
          </Button>
        </div>
      ) : null}
    </section>
  );
}
