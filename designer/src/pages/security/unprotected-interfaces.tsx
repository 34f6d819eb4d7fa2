/** The section of the page Security with interfaces that name objects and have no rule of object access. */
import type { Output } from '../../api/operation-types.ts';
import { CircleAlert, CircleSlash } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';

const TEXTS = defineTexts({
  label: ['未防越权的接口', 'Unprotected interfaces'],
  name: ['接口', 'Interface'],
  route: ['方法与路径', 'Method and path'],
  domain: ['服务域', 'Domain'],
  places: ['疑似对象编号的参数', 'Parameters that look like ids'],
  state: ['状态', 'State'],
  none: ['没有规则', 'No rule'],
  shadow: ['只记录', 'Only recorded'],
  between: ['、', ', '],
  empty: ['没有未防越权的接口', 'No unprotected interfaces'],
  emptyNext: [
    '用户网关上含患者、卡号、订单等编号参数的接口都已有防越权规则。',
    'Every interface of the user front that names a patient, card or order has a rule of object access.',
  ],
});

type Unprotected = Output<'object-rules.report'>['items'][number];

export function UnprotectedInterfaces() {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const found = useListOf('object-rules.report', {});
  const placesOf = ({ places }: Unprotected) => places.join(t('between'));
  return (
    <DataTable<Unprotected>
      label={t('label')}
      rows={found.data?.items}
      rowKey={({ interfaceId }) => interfaceId}
      searchText={({ interfaceId, name, path, places }) => `${interfaceId} ${name['zh-CN']} ${name.en} ${path} ${places.join(' ')}`}
      columns={[
        { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
        {
          key: 'route',
          title: t('route'),
          value: ({ method, path }) => `${method} ${path}`,
          render: ({ method, path }) => (
            <code>
              {method} {path}
            </code>
          ),
        },
        { key: 'domain', title: t('domain'), value: ({ domain }) => domain, render: ({ domain }) => domain },
        { key: 'places', title: t('places'), value: placesOf, render: (item) => <code>{placesOf(item)}</code> },
        {
          key: 'state',
          title: t('state'),
          value: ({ state }) => t(state),
          render: ({ state }) => (
            <Tag tone={state === 'none' ? 'red' : 'grey'} icon={state === 'none' ? CircleAlert : CircleSlash}>
              {t(state)}
            </Tag>
          ),
        },
      ]}
      isLoading={found.isPending}
      error={found.error}
      onRefresh={() => void found.refetch()}
      onOpen={({ interfaceId }) => void go(`/interfaces/${interfaceId}`)}
      empty={<EmptyState needs="interfaces.read" title={t('empty')} next={t('emptyNext')} />}
      exportName="unprotected-interfaces"
    />
  );
}
