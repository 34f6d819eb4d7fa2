/** Messages of a queue or topic, looked at without consuming them. Each look is in the audit trail. */
import { Alert, Button, Drawer, Empty, Spin } from 'antd';
import { RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { call, type ApiError } from '../../api/client.ts';
import type { Output } from '../../api/operation-types.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import type { Destination } from './broker-texts.ts';
import styles from './brokers.module.css';

const TEXTS = defineTexts({
  title: ['“{{name}}”中的消息', 'Messages of "{{name}}"'],
  help: [
    '只查看，不消费；最多 {{count}} 条，每条最多 4 KB。查看会写入审计。',
    'Only looked at, not consumed: at most {{count}}, and 4 KB of each. Each look is recorded in the audit trail.',
  ],
  again: ['再看一次', 'Look again'],
  anyway: ['计入投递次数，仍要查看', 'Look although it counts as a delivery'],
  none: ['没有消息', 'No messages'],
  number: ['第 {{number}} 条', 'Message {{number}}'],
  id: ['编号', 'id'],
  key: ['键', 'key'],
  place: ['位置', 'place'],
  cut: ['只显示开头，共 ', 'only the beginning of '],
  base64: ['不是文本，以 Base64 显示', 'not text; shown as Base64'],
});

type Shown = Output<'brokers.browse'>['items'][number];

interface BrowseDrawerProps {
  readonly adapterId: string;
  readonly destination: Destination;
  readonly onClose: () => void;
}

const COUNT = 20;
const COUNTS = 'BROKER_BROWSE_COUNTS';

export function BrowseDrawer({ adapterId, destination: { kind, name }, onClose }: BrowseDrawerProps) {
  const t = useTexts(TEXTS);
  const [mayCount, setMayCount] = useState(false);
  const look = useMutation<Output<'brokers.browse'>, ApiError, boolean>({
    mutationFn: (counts) => call('brokers.browse', { adapterId, kind, name, count: COUNT, mayCount: counts }),
  });
  const { mutate } = look;
  useEffect(() => mutate(mayCount), [mutate, mayCount]);
  const needsConsent = look.error?.code === COUNTS;
  return (
    <Drawer
      open
      size={720}
      title={t('title', { name })}
      onClose={onClose}
      extra={
        <Button icon={<RefreshCw size={16} />} loading={look.isPending} onClick={() => mutate(mayCount)}>
          {t('again')}
        </Button>
      }
    >
      <div className={styles.messages}>
        <Alert type="info" showIcon title={t('help', { count: COUNT })} />
        {look.error === null ? null : <ErrorBox error={look.error} />}
        {needsConsent ? <Button onClick={() => setMayCount(true)}>{t('anyway')}</Button> : null}
        {look.isPending && look.data === undefined ? <Spin /> : null}
        {look.data?.items.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('none')} /> : null}
        {look.data?.items.map((message, index) => (
          <MessageView key={index} number={index + 1} message={message} />
        ))}
      </div>
    </Drawer>
  );
}

function MessageView({ number, message }: { readonly number: number; readonly message: Shown }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { id, key, place, at, contentType, headers, form, data, truncated, sizeBytes } = message;
  const facts = [
    ...(id === undefined ? [] : [[t('id'), id]]),
    ...(key === undefined ? [] : [[t('key'), key]]),
    ...(place === undefined ? [] : [[t('place'), place]]),
    ...Object.entries(headers),
  ];
  return (
    <section>
      <div className={styles.facts}>
        <strong>{t('number', { number })}</strong>
        {at === undefined ? null : <TimeText at={at} />}
        {contentType === undefined ? null : <code>{contentType}</code>}
        <span>
          {truncated === true ? t('cut') : null}
          {format.size(sizeBytes)}
        </span>
        {form === 'base64' ? <span>{t('base64')}</span> : null}
      </div>
      <div className={styles.facts}>
        {facts.map(([label, value]) => (
          <span key={label} className={styles.name}>
            {label} <code>{value}</code>
          </span>
        ))}
      </div>
      <CodeBlock label={t('number', { number })} text={data} />
    </section>
  );
}
