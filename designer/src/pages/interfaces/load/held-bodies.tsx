import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { useStageWords } from '../../calls/stage-words.ts';
import type { GatewayLoad } from './gateway-table.tsx';
import styles from './load.module.css';

const TEXTS = defineTexts({
  title: ['报文是否整体读入', 'Whether bodies are held as a whole'],
  flow: ['流程', 'the flow'],
  bodyHeld: [
    '请求体整体读入内存，因为这些要看全文：{{readers}}。',
    'Request bodies are held in memory, because these read them: {{readers}}.',
  ],
  bodyStreamed: [
    '请求体边收边转发（有 Content-Length 且不超过上限时），不占内存，但失败后不能重试。',
    'Request bodies of declared length are streamed to the target. They take no memory, and such a call is not retried.',
  ],
  answerHeld: ['应答整体读入内存，因为这些要看全文：{{readers}}。', 'Responses are held in memory, because these read them: {{readers}}.'],
  answerStreamed: ['应答边收边转发。', 'Responses are streamed to the caller.'],
});

/** Says why bodies are held as a whole: it costs memory, and the first byte leaves later. */
export function HeldBodies({ load }: { readonly load: GatewayLoad | undefined }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { labelOf } = useStageWords();
  if (load === undefined) return null;
  const names = (readers: readonly string[]) => format.list(readers.map((reader) => (reader === 'flow' ? t('flow') : labelOf(reader))));
  const { bodyReaders, answerReaders } = load;
  return (
    <div>
      <h3>{t('title')}</h3>
      <p className={styles.bodies}>{bodyReaders.length === 0 ? t('bodyStreamed') : t('bodyHeld', { readers: names(bodyReaders) })}</p>
      <p className={styles.bodies}>
        {answerReaders.length === 0 ? t('answerStreamed') : t('answerHeld', { readers: names(answerReaders) })}
      </p>
    </div>
  );
}
