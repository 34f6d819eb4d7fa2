import { Tabs } from 'antd';
import { useSearchParams } from 'react-router';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { BlockedCallers } from './blocked-callers.tsx';
import { ContentExceptions } from './content-exceptions.tsx';
import { ContentHits } from './content-hits.tsx';
import { IpLists } from './ip-lists.tsx';
import { ObjectRules } from './object-rules.tsx';
import { UnprotectedInterfaces } from './unprotected-interfaces.tsx';
import { SafeSites } from './safe-sites.tsx';
import { Services } from './services.tsx';

const TEXTS = defineTexts({
  title: ['安全', 'Security'],
  help: [
    '谁不能访问网关，谁能看到哪些人的数据：名单和规则组由多个接口共用，一秒内在全部网关生效。',
    'Who may not use the gateways, and who may see whose data. Interfaces share lists and rule sets; a change reaches all gateways within a second.',
  ],
  'ip-lists': ['IP 名单', 'Address lists'],
  'object-rules': ['防越权规则组', 'Object access'],
  'content-hits': ['内容命中', 'Content hits'],
  unprotected: ['未防越权的接口', 'Unprotected'],
  'blocked-callers': ['用户与设备黑名单', 'Blocked callers'],
  'safe-sites': ['安全域名', 'Safe sites'],
  'content-exceptions': ['内容例外', 'Content exceptions'],
  services: ['服务', 'Services'],
});

/** The sections of the page. Each is one file of this folder. */
const SECTIONS = [
  { key: 'ip-lists', Section: IpLists },
  { key: 'blocked-callers', Section: BlockedCallers },
  { key: 'safe-sites', Section: SafeSites },
  { key: 'object-rules', Section: ObjectRules },
  { key: 'unprotected', Section: UnprotectedInterfaces },
  { key: 'content-hits', Section: ContentHits },
  { key: 'content-exceptions', Section: ContentExceptions },
  { key: 'services', Section: Services },
] as const;

/** Shows the page `/security`. */
export function SecurityPage() {
  const t = useTexts(TEXTS);
  const hasAll = useMe().domains === 'all';
  // The list of blocked people belongs to the whole installation.
  const sections = SECTIONS.filter(({ key }) => hasAll || key !== 'blocked-callers');
  const [address, setAddress] = useSearchParams();
  const first = SECTIONS[0]!.key;
  const chosen = sections.find(({ key }) => key === address.get('tab'))?.key ?? first;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <Tabs
        activeKey={chosen}
        onChange={(next) => setAddress(next === first ? {} : { tab: next }, { replace: true })}
        destroyOnHidden
        items={sections.map(({ key, Section }) => ({ key, label: t(key), children: <Section /> }))}
      />
    </Page>
  );
}
