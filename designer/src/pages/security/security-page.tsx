import { Tabs } from 'antd';
import type { ComponentType } from 'react';
import { useSearchParams } from 'react-router';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { IpLists } from './ip-lists.tsx';

const TEXTS = defineTexts({
  title: ['安全', 'Security'],
  help: [
    '谁不能访问网关：名单由多个接口共用，一秒内在全部网关生效。',
    'Who may not use the gateways. Interfaces share these lists; a change reaches all gateways within a second.',
  ],
  'ip-lists': ['IP 名单', 'Address lists'],
});

/** The sections of the page. Each is one file of this folder. */
const SECTIONS: readonly { readonly key: 'ip-lists'; readonly Section: ComponentType }[] = [{ key: 'ip-lists', Section: IpLists }];

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
