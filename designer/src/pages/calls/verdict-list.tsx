import { Ban, CircleCheck, CircleDashed, CircleSlash, EyeOff, MessageSquareReply, type LucideIcon } from 'lucide-react';
import { Link } from 'react-router';
import type { Explanation, StageVerdict } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';
import { Notes } from './call-drawer.tsx';
import styles from './calls.module.css';
import { useStageWords } from './stage-words.ts';
import { useNames } from './use-names.ts';

const TEXTS = defineTexts({
  passes: ['通过', 'Passes'],
  refuses: ['拒绝', 'Refuses'],
  answers: ['直接应答', 'Answers'],
  skipped: ['未模拟', 'Not simulated'],
  hidden: ['不显示', 'Not shown'],
  'not-reached': ['未到达', 'Not reached'],
  wouldRefuse: ['会被拒绝', 'Would be refused'],
  wouldPass: ['会到达目标', 'Would reach its target'],
  wouldAnswer: ['由策略直接应答，不到达目标', 'A policy would answer; the target is not reached'],
  about: ['按发布版本 {{plan}} 判断。', 'Judged by plan {{plan}}.'],
  interface: ['匹配的接口：', 'Interface: '],
  noInterface: ['没有匹配的接口。', 'No interface matches.'],
  before: ['在查找接口之前就被拒绝。', 'It is refused before an interface is looked for.'],
  assumed: ['已假定这个应用的身份属实', 'The app was assumed to have proved who it is'],
  given: ['来源地址按所填的算', 'The address is taken as described'],
  hiddenWhy: [
    '您的权限或服务域不含它所判断的内容，因此没有模拟；实际请求可能在此被拒绝',
    'Your rights or domains do not cover what it judges, so it was not asked; a real request may be refused here',
  ],
  issues: ['不合要求的字段', 'Wrong fields'],
  effects: ['它会记录或依赖真实连接，模拟时不执行', 'It records or needs a real connection, so it is not run'],
});

type Verdict = StageVerdict['verdict'];
const LOOKS: Readonly<Record<Verdict, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  passes: { tone: 'green', icon: CircleCheck },
  refuses: { tone: 'red', icon: Ban },
  answers: { tone: 'blue', icon: MessageSquareReply },
  skipped: { tone: 'grey', icon: CircleDashed },
  hidden: { tone: 'grey', icon: EyeOff },
  'not-reached': { tone: 'grey', icon: CircleSlash },
};
/** Stages that prove who calls. They are skipped if the app is assumed. */
const PROOF: ReadonlySet<string> = new Set(['claim', 'authenticate', 'nonce']);

/** Shows what the caller would get, and what each policy says in the order of the stages. */
export function VerdictList({ explanation }: { readonly explanation: Explanation }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const { interfaceName } = useNames();
  const { refusal, interfaceId, planNumber, verdicts } = explanation;
  const outcome = refusal !== undefined ? 'refuses' : verdicts.some(({ verdict }) => verdict === 'answers') ? 'answers' : 'passes';
  const { tone, icon } = LOOKS[outcome];
  return (
    <div data-outcome={outcome}>
      <div className={styles.decision}>
        <div>
          <Tag tone={tone} icon={icon}>
            {t(outcome === 'refuses' ? 'wouldRefuse' : outcome === 'answers' ? 'wouldAnswer' : 'wouldPass')}
            {refusal === undefined ? null : ` ${refusal.status}`}
          </Tag>{' '}
          {refusal === undefined ? null : <code>{refusal.code}</code>}
        </div>
        {refusal === undefined ? null : <strong>{text(refusal.text)}</strong>}
        <span className={styles.quiet}>
          {interfaceId === undefined ? (
            t(refusal === undefined || refusal.code === 'GW40401' || refusal.code === 'GW40501' ? 'noInterface' : 'before')
          ) : (
            <>
              {t('interface')}
              <Link to={`/interfaces/${interfaceId}`}>{interfaceName(interfaceId) ?? interfaceId}</Link>
            </>
          )}{' '}
          {t('about', { plan: format.number(planNumber) })}
        </span>
      </div>
      <ol className={styles.verdicts}>
        {verdicts.map((verdict) => (
          <OneVerdict key={`${verdict.stage} ${verdict.policy}`} of={verdict} />
        ))}
      </ol>
    </div>
  );
}

function OneVerdict({ of: { stage, policy, verdict, code, text: told, notes, issues } }: { readonly of: StageVerdict }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const causeOf = useCauseWords();
  const { stageOf, labelOf } = useStageWords();
  const { tone, icon } = LOOKS[verdict];
  const why = told === undefined ? (code === undefined ? undefined : causeOf(code).what) : text(told);
  const label = labelOf(policy);
  const place = stageOf(stage);
  return (
    <li className={verdict === 'refuses' ? `${styles.verdict} ${styles.refused}` : styles.verdict} data-verdict={verdict}>
      <span>
        <Tag tone={tone} icon={icon}>
          {t(verdict)}
        </Tag>
      </span>
      <div>
        <span>
          {verdict === 'not-reached' ? label : <strong>{label}</strong>}
          {place === label ? null : <span className={styles.quiet}> {place}</span>}
        </span>
        {why === undefined ? null : (
          <p>
            {why} {code === undefined ? null : <code>{code}</code>}
          </p>
        )}
        {verdict === 'hidden' ? <p className={styles.quiet}>{t('hiddenWhy')}</p> : null}
        {verdict === 'skipped' ? <p className={styles.quiet}>{t(reasonToSkip(stage, policy))}</p> : null}
        {issues === undefined ? null : (
          <ul className={styles.issues} aria-label={t('issues')}>
            {issues.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <code>{path === '' ? '/' : path}</code> {message}
              </li>
            ))}
          </ul>
        )}
        {notes === undefined ? null : <Notes notes={notes} />}
      </div>
    </li>
  );
}

function reasonToSkip(stage: string, policy: string): 'assumed' | 'given' | 'effects' {
  if (PROOF.has(stage)) return 'assumed';
  return policy === 'client-ip' ? 'given' : 'effects';
}
