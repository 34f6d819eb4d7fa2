import { Link } from 'react-router';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import type { Output } from '../../api/operation-types.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import styles from './interfaces.module.css';

const TEXTS = defineTexts({
  title: ['注册中心的名单', 'Lists of registry centres'],
  changed: ['名单更新于', 'Changed'],
  none: ['还没有取得实例，接口暂不提供服务。', 'No instance is known yet, so the interface is not served.'],
  good: ['正常', 'Works'],
  failing: ['没有可用名单', 'No usable list'],
  since: ['自', 'since'],
  kept: ['继续使用最后一份可用的名单。', 'The last good list stays in use.'],
  weight: ['权重 {{weight}}', 'weight {{weight}}'],
});

const REFRESH_MS = 5000;

type InstanceList = Output<'interfaces.instances'>['lists'][number];

/** Shows what the registry centres of an interface say. Hidden if it has none. */
export function RegistryPanel({ interfaceId }: { readonly interfaceId: string }) {
  const t = useTexts(TEXTS);
  const { data } = useQueryOf('interfaces.instances', { interfaceId }, { refetchIntervalMs: REFRESH_MS });
  const lists = data?.lists ?? [];
  if (lists.length === 0) return null;
  return (
    <Panel title={t('title')}>
      <div className={styles.stack}>
        {lists.map((list, index) => (
          <ListOfService key={index} list={list} />
        ))}
      </div>
    </Panel>
  );
}

function ListOfService({ list: { adapterId, service, instances, changedAt, failing } }: { readonly list: InstanceList }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const why = failing && errorText({ code: failing.code, message: failing.code }, language).what;
  return (
    <section aria-label={service}>
      <div>
        <strong>{service}</strong> <Link to={`/adapters/${adapterId}`}>{adapterId}</Link>{' '}
        <Tag tone={failing === undefined ? 'green' : 'amber'}>{failing === undefined ? t('good') : t('failing')}</Tag>
      </div>
      {failing === undefined ? null : (
        <div className={styles.quiet}>
          {t('since')} <TimeText at={failing.since} /> · {why} {instances.length === 0 ? null : t('kept')}
        </div>
      )}
      {instances.length === 0 ? (
        <div className={styles.quiet}>{t('none')}</div>
      ) : (
        <>
          <ul>
            {instances.map(({ address, weight, tags = [] }) => (
              <li key={address}>
                <code>{address}</code> <span className={styles.quiet}>{[t('weight', { weight }), ...tags].join(' · ')}</span>
              </li>
            ))}
          </ul>
          {changedAt === undefined ? null : (
            <div className={styles.quiet}>
              {t('changed')} <TimeText at={changedAt} />
            </div>
          )}
        </>
      )}
    </section>
  );
}
