import { Link } from 'react-router';
import type { Input } from '../../api/operation-types.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { Facts } from './facts.tsx';

const TEXTS = defineTexts({
  broker: ['消息中间件', 'Broker'],
  queue: ['队列', 'Queue'],
  topic: ['主题', 'Topic'],
  messages: ['现有消息', 'Messages now'],
  count: ['{{count}} 条', '{{count}} {{count|message|messages}}'],
  unknown: ['无法读取', 'cannot be read'],
});

/** Shows which queue or topic would lose its messages, and how many it has now. */
export function BrokerRemoval({ input: { adapterId, kind, name } }: { readonly input: Input<'brokers.purge'> }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const adapter = useQueryOf('adapters.get', { adapterId });
  const destinations = useListOf('brokers.destinations', { adapterId });
  const messages = destinations.data?.items.find((one) => one.kind === kind && one.name === name)?.messages;
  return (
    <Facts
      rows={[
        [
          t('broker'),
          <Link key="to" to={`/brokers/${adapterId}`}>
            {text(adapter.data?.name) || adapterId}
          </Link>,
        ],
        [t(kind), <code key="name">{name}</code>],
        [t('messages'), messages === undefined ? t('unknown') : t('count', { count: messages })],
      ]}
    />
  );
}
