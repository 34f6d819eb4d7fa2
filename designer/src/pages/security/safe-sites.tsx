/** The section of the page Security with the sites that the user front trusts. */
import type { Output } from '../../api/operation-types.ts';
import { Button, Checkbox, Form, Input } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { canonicalSite, SITE_USES, type SiteUse } from '../../../../gateways/documents/safe-site.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { EntryDialog, ReasonAndEnd, reasonAndEnd, type EntryValues, requireOne } from './entry-dialog.tsx';

const TEXTS = defineTexts({
  label: ['安全域名', 'Safe sites'],
  site: ['站点', 'Site'],
  siteHelp: [
    '如 https://app.example.cn；https://*.example.cn 为全部子域名。',
    'Such as https://app.example.cn; https://*.example.cn stands for all subdomains.',
  ],
  siteWrong: ['填写 https://主机，不带路径', 'Write https://host, without a path'],
  uses: ['用途', 'Uses'],
  usesMissing: ['至少选一项', 'Choose at least one'],
  host: ['网关自己的地址（Host）', 'Address of the gateway (Host)'],
  origin: ['页面可调用用户网关（Origin、Referer、跨域）', 'Its pages may call the user front (Origin, Referer, CORS)'],
  redirect: ['响应可跳转到此', 'Responses may redirect to it'],
  credentials: ['跨域时允许携带 Cookie', 'Cookies across origins'],
  between: ['；', '; '],
  reason: ['原因', 'Reason'],
  expires: ['到期', 'Ends'],
  add: ['添加站点', 'Add a site'],
  removeEffect: [
    '一秒内，“{{name}}”不再是安全域名。某一用途没有任何站点时，该用途不再检查。',
    'Within a second "{{name}}" is not safe any more. A use without any site is not checked.',
  ],
  empty: ['还没有安全域名：来源站点和跳转都不检查', 'No safe sites: neither sites nor redirects are checked'],
  emptyNext: [
    '先添加市民门户的站点；添加第一个后，其他站点的页面即被拒绝。',
    'Add the site of the citizens’ portal. From the first one on, pages of other sites are refused.',
  ],
});

type Site = Output<'safe-sites.list'>['items'][number];
type Values = EntryValues & { readonly origin: string; readonly uses: SiteUse[]; readonly allowsCredentials?: boolean };

export function SafeSites() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const sites = useListOf('safe-sites.list', {});
  const remove = useMutationOf('safe-sites.remove');
  const [isAdding, setAdding] = useState(false);
  const mayEdit = may('callers.edit');
  const usesOf = ({ uses }: Site) => uses.map((use) => t(use)).join(t('between'));
  const add = mayEdit ? (
    <Button icon={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<Site>
        label={t('label')}
        rows={sites.data?.items}
        rowKey={({ siteId }) => siteId}
        searchText={({ origin, reason }) => `${origin} ${reason}`}
        columns={[
          { key: 'site', title: t('site'), value: ({ origin }) => origin, render: ({ origin }) => <code>{origin}</code> },
          { key: 'uses', title: t('uses'), value: usesOf, render: usesOf },
          { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => reason },
          {
            key: 'expires',
            title: t('expires'),
            value: ({ expiresAt }) => expiresAt,
            render: ({ expiresAt }) => <ExpiryText at={expiresAt} />,
          },
          {
            key: 'remove',
            title: '',
            width: 48,
            render: ({ siteId, origin }) =>
              mayEdit ? (
                <RemoveButton
                  isSmall
                  name={origin}
                  effect={t('removeEffect', { name: origin })}
                  run={($reason) => remove.mutateAsync({ siteId, $reason })}
                />
              ) : null,
          },
        ]}
        isLoading={sites.isPending}
        error={sites.error}
        onRefresh={() => void sites.refetch()}
        actions={add}
        empty={<EmptyState needs="callers.edit" title={t('empty')} next={t('emptyNext')} action={add} />}
        exportName="safe-sites"
      />
      {isAdding ? <Add onClose={() => setAdding(false)} /> : null}
    </>
  );
}

function Add({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const save = useMutationOf('safe-sites.save');
  const submit = async ({ origin, uses, allowsCredentials, ...rest }: Values) => {
    const siteId = createId('sit');
    const more = allowsCredentials === true ? { allowsCredentials } : {};
    await save.mutateAsync({ siteId, document: { siteId, revision: 0, origin: origin.trim(), uses, ...more, ...reasonAndEnd(rest) } });
    onClose();
  };
  const checkSite = (_rule: unknown, value: string | undefined) =>
    canonicalSite((value ?? '').trim()) === undefined ? Promise.reject(new Error(t('siteWrong'))) : Promise.resolve();
  return (
    <EntryDialog<Values>
      title={t('add')}
      isPending={save.isPending}
      error={save.error}
      initialValues={{ uses: ['origin'] }}
      onClose={onClose}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
    >
      <Form.Item name="origin" label={t('site')} extra={t('siteHelp')} rules={[{ required: true, validator: checkSite }]}>
        <Input autoFocus maxLength={300} />
      </Form.Item>
      <Form.Item name="uses" label={t('uses')} rules={[requireOne(t('usesMissing'))]}>
        <Checkbox.Group options={SITE_USES.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="allowsCredentials" valuePropName="checked">
        <Checkbox>{t('credentials')}</Checkbox>
      </Form.Item>
      <ReasonAndEnd />
    </EntryDialog>
  );
}
