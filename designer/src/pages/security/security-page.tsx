import { Tabs } from 'antd';
import type { ComponentType } from 'react';
import { useSearchParams } from 'react-router';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { IpLists } from './ip-lists.tsx';
import { ObjectRules } from './object-rules.tsx';
import { UnprotectedInterfaces } from './unprotected-interfaces.tsx';

const TEXTS = defineTexts({
  title: ['安全', 'Security'],
  help: [
    '谁不能访问网关，谁能看到哪些人的数据：名单和规则组由多个接口共用，一秒内在全部网关生效。',
    'Who may not use the gateways, and who may see whose data. Interfaces share lists and rule sets; a change reaches all gateways within a second.',
  ],
  'ip-lists': ['IP 名单', 'Address lists'],
  'object-rules': ['防越权规则组', 'Object access'],
  unprotected: ['未防越权的接口', 'Unprotected interfaces'],
});

/** The sections of the page. Each is one file of this folder. */
const SECTIONS: readonly { readonly key: 'ip-lists' | 'object-rules' | 'unprotected'; readonly Section: ComponentType }[] = [
  { key: 'ip-lists', Section: IpLists },
  { key: 'object-rules', Section: ObjectRules },
  { key: 'unprotected', Section: UnprotectedInterfaces },
];

/** Shows the page `/security`. */
export function SecurityPage() {
  const t = useTexts(TEXTS);
  const [address, setAddress] = useSearchParams();
  const first = SECTIONS[0]!.key;
  const chosen = SECTIONS.find(({ key }) => key === address.get('tab'))?.key ?? first;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <Tabs
        activeKey={chosen}
        onChange={(next) => setAddress(next === first ? {} : { tab: next }, { replace: true })}
        destroyOnHidden
        items={SECTIONS.map(({ key, Section }) => ({ key, label: t(key), children: <Section /> }))}
      />
    </Page>
  );
}
