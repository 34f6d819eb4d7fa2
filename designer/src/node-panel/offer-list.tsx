import type { Output } from '../api/operation-types.ts';
import { Radio, Skeleton } from 'antd';
import { useQueryOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { useErrorText } from '../kit/feedback/use-error-text.ts';
import styles from './offer-list.module.css';

const TEXTS = defineTexts({
  label: ['操作', 'Operation'],
  takes: ['请求：{{fields}}', 'Request: {{fields}}'],
  gives: ['应答：{{fields}}', 'Response: {{fields}}'],
  nothing: ['没有字段', 'no fields'],
  problems: ['服务描述不完整：', 'The description is incomplete:'],
  more: ['{{fields}} 等 {{count}} 项', '{{fields}} … ({{count}} {{count|field|fields}})'],
});

export type Offer = Output<'adapters.offers'>['items'][number];

const SHOWN = 6;

interface OfferListProps {
  readonly adapterId: string;
  /** The type of the node that takes the operation. */
  readonly nodeType: string;
  readonly chosen: string | undefined;
  readonly onChoose: (offer: Offer) => void;
}

/** Lists the operations that the called system describes, so that the author can choose one. */
export function OfferList({ adapterId, nodeType, chosen, onChoose }: OfferListProps) {
  const t = useTexts(TEXTS);
  const textOf = useErrorText();
  const offers = useQueryOf('adapters.offers', { adapterId, nodeType });
  if (offers.error !== null) return <ErrorBox error={offers.error} onRetry={() => void offers.refetch()} />;
  if (offers.data === undefined) return <Skeleton active title={false} paragraph={{ rows: 4 }} />;
  const { items } = offers.data;
  const fields = (schema: Offer['takes']) => {
    const names = Object.keys((schema['properties'] ?? {}) as object);
    if (names.length === 0) return t('nothing');
    const shown = names.slice(0, SHOWN).join(' · ');
    return names.length <= SHOWN ? shown : t('more', { fields: shown, count: names.length });
  };
  return (
    <Radio.Group
      className={styles.list ?? ''}
      aria-label={t('label')}
      value={chosen ?? null}
      onChange={(event) => {
        const offer = items.find(({ name }) => name === event.target.value);
        if (offer !== undefined) onChoose(offer);
      }}
    >
      {items.map(({ name, about, takes, gives, problems }) => (
        <Radio key={name} value={name} className={styles.offer ?? ''}>
          <strong>{about ?? name}</strong> {about === undefined ? null : <code>{name}</code>}
          <span className={styles.fields}>{t('takes', { fields: fields(takes) })}</span>
          <span className={styles.fields}>{t('gives', { fields: fields(gives) })}</span>
          {problems === undefined ? null : (
            <span className={styles.problems}>
              {t('problems')} {problems.map((problem) => textOf(problem).what).join(' ')}
            </span>
          )}
        </Radio>
      ))}
    </Radio.Group>
  );
}
