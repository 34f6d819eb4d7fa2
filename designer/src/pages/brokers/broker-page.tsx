/** The page `/brokers/:adapterId`: what there is in one broker, as far as its adapter may see it. */
import { Alert, Segmented } from 'antd';
import { Link, useParams, useSearchParams } from 'react-router';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useLanguage, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMe } from '../../session/session-context.ts';
import { BROKER_TEXTS, PRODUCTS, type Broker } from './broker-texts.ts';
import styles from './brokers.module.css';
import { DestinationTable } from './destination-table.tsx';
import { SessionTable } from './session-table.tsx';
import { SubscriptionTable } from './subscription-table.tsx';
import { VirtualHostTable } from './virtual-host-table.tsx';

const TEXTS = defineTexts({
  view: ['显示', 'Show'],
  destinations: ['队列与主题', 'Queues and topics'],
  subscriptions: ['订阅', 'Subscriptions'],
  sessions: ['会话', 'Sessions'],
  hosts: ['虚拟主机', 'Virtual hosts'],
  adapter: ['适配器设置', 'Settings of the adapter'],
  failing: ['现在无法管理：{{what}}', 'Cannot be managed now: {{what}}'],
  since: ['开始于 ', 'Since '],
  environment: ['适配器没有本环境的设置', 'The adapter has no settings for this environment'],
  environmentFix: ['在适配器中填写本环境的设置。', 'Fill in the settings for this environment in the adapter.'],
});

const VIEWS = ['destinations', 'subscriptions', 'sessions', 'hosts'] as const;
type View = (typeof VIEWS)[number];

const REFRESH_MS = 10_000;

export function BrokerPage() {
  const { adapterId = '' } = useParams();
  const words = useTexts(BROKER_TEXTS);
  const t = useTexts(TEXTS);
  const text = useText();
  const broker = useQueryOf('brokers.get', { adapterId }, { refetchIntervalMs: REFRESH_MS });
  if (broker.error !== null && broker.data === undefined)
    return <ErrorBox isPage error={broker.error} onRetry={() => void broker.refetch()} />;
  const trail = [{ label: words('brokers'), to: '/brokers' }];
  return (
    <Page>
      <PageHeader
        title={text(broker.data?.name) || adapterId}
        trail={trail}
        actions={<Link to={`/adapters/${adapterId}`}>{t('adapter')}</Link>}
        {...(broker.data === undefined ? {} : { help: <About broker={broker.data} /> })}
      />
      {broker.data === undefined ? null : <Content broker={broker.data} />}
    </Page>
  );
}

function About({ broker }: { readonly broker: Broker }) {
  const words = useTexts(BROKER_TEXTS);
  const { about, servers = [], virtualHost, namePrefix } = broker;
  const product = about === undefined ? (PRODUCTS[broker.broker ?? ''] ?? '') : `${about.product} ${about.version ?? ''}`;
  return (
    <span className={styles.about}>
      <span>{product}</span>
      <span>
        {words('servers')} <code>{servers.join(', ')}</code>
      </span>
      {virtualHost === undefined ? null : (
        <span>
          {words('virtualHost')} <code>{virtualHost}</code>
        </span>
      )}
      <span>
        {words('prefix')} {namePrefix === undefined ? words('whole') : <code>{namePrefix}</code>}
      </span>
    </span>
  );
}

function Content({ broker }: { readonly broker: Broker }) {
  const t = useTexts(TEXTS);
  const [address, setAddress] = useSearchParams();
  const { about, adapterId } = broker;
  const isWhole = useMe().domains === 'all';
  if (about === undefined) return <WithoutAdministration broker={broker} />;
  const { features } = about;
  const views = VIEWS.filter((view) => view !== 'hosts' || (features.virtualHosts && isWhole));
  const view = views.find((one) => one === address.get('view')) ?? 'destinations';
  return (
    <>
      <Segmented<View>
        aria-label={t('view')}
        value={view}
        options={views.map((one) => ({ value: one, label: t(one) }))}
        onChange={(one) => setAddress({ view: one }, { replace: true })}
      />
      {view === 'destinations' ? <DestinationTable adapterId={adapterId} features={features} /> : null}
      {view === 'subscriptions' ? <SubscriptionTable adapterId={adapterId} features={features} /> : null}
      {view === 'sessions' ? <SessionTable adapterId={adapterId} features={features} /> : null}
      {view === 'hosts' ? <VirtualHostTable adapterId={adapterId} /> : null}
    </>
  );
}

function WithoutAdministration({ broker: { without, failure } }: { readonly broker: Broker }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  if (failure !== undefined) {
    const { what, fix } = errorText(failure.error, language);
    return (
      <Alert
        type="error"
        showIcon
        title={t('failing', { what })}
        description={
          <>
            {fix} {t('since')}
            <TimeText at={failure.since} />
          </>
        }
      />
    );
  }
  if (without === undefined || without === 'environment')
    return <Alert type="info" showIcon title={t('environment')} description={t('environmentFix')} />;
  const error = { code: 'BROKER_NOT_ADMINISTERED', message: '', values: { problem: without } };
  const { what, fix } = errorText(error, language);
  return <Alert type="info" showIcon title={what} description={fix} />;
}
