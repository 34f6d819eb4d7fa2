/** The section of the page Security with interfaces that name objects, and the fields that no rule of object access covers. */
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
  places: ['没有规则的编号参数', 'Ids without a rule'],
  state: ['状态', 'State'],
  none: ['没有规则', 'No rule'],
  shadow: ['只记录', 'Only recorded'],
  partly: ['部分参数没有规则', 'Some without a rule'],
  between: ['、', ', '],
  empty: ['没有未防越权的接口', 'No unprotected interfaces'],
  emptyNext: [
    '用户网关各接口的患者、卡号、订单等编号参数都已有防越权规则。',
    'Every parameter of the user front that names a patient, card or order has a rule of object access.',
  ],
});

const TONES = { none: 'red', partly: 'amber', shadow: 'grey' } as const;

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
            <Tag tone={TONES[state]} icon={state === 'shadow' ? CircleSlash : CircleAlert}>
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
