/** The page `/gateways`: the nodes with the plan and load of each, and their changes of state. */
import { Alert, Button } from 'antd';
import { RefreshCw } from 'lucide-react';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { useWhoMay } from '../../kit/feedback/who-may.ts';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { useMay, useMe } from '../../session/session-context.ts';
import { GatewayEvents } from './gateway-events.tsx';
import { GatewayNodes } from './gateway-nodes.tsx';

const TEXTS = defineTexts({
  title: ['网关', 'Gateways'],
  help: [
    '每个网关节点用的发布版本、负载和连接，以及熔断、摘除等状态变化；维护前可在此排空一个进程。',
    'The plan, load and connections of each gateway node, and changes of state such as opened breakers. Drain a process here before work on its machine.',
  ],
  refresh: ['刷新', 'Refresh'],
  limited: ['本账号只限部分服务域，不显示网关节点', 'This account is limited to some domains, so the nodes are not shown'],
  limitedHelp: [
    '网关节点涉及全部服务域。需要查看时，请由不限服务域的账号打开本页。',
    'The nodes concern all domains. An account with all domains sees them here.',
  ],
  noRight: [
    '看不到网关节点：需要“查看系统状态”的权限，持有它的角色：{{roles}}。',
    'The nodes are not shown: this requires the right to see the state of the system, which these roles give: {{roles}}.',
  ],
});

const REFRESH_MS = 5000;

export function GatewaysPage() {
  const t = useTexts(TEXTS);
  const isAllowed = useMay()('system.read');
  const isLimited = useMe().domains !== 'all';
  const system = useQueryOf('system.get', {}, { enabled: isAllowed && !isLimited, refetchIntervalMs: REFRESH_MS });
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        actions={<Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void system.refetch()} />}
      />
      {!isAllowed ? (
        <NoNodes />
      ) : isLimited ? (
        <Alert type="info" showIcon title={t('limited')} description={t('limitedHelp')} />
      ) : system.error !== null && system.data === undefined ? (
        <ErrorBox error={system.error} onRetry={() => void system.refetch()} />
      ) : (
        <GatewayNodes report={system.data} />
      )}
      <GatewayEvents />
    </Page>
  );
}

function NoNodes() {
  const t = useTexts(TEXTS);
  const whoMay = useWhoMay();
  return <Alert type="info" showIcon title={t('noRight', { roles: whoMay('system.read') })} />;
}
