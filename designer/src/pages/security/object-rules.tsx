/** The section of the page Security with the rule sets of object access. */
import { Button } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { RuleSetDialog } from './rule-set-dialog.tsx';
import type { RuleSet } from './rule-set-schema.ts';

const TEXTS = defineTexts({
  label: ['防越权规则组', 'Rule sets of object access'],
  name: ['名称', 'Name'],
  id: ['编号', 'Id'],
  match: ['多条规则', 'Several rules'],
  all: ['全部满足', 'All must hold'],
  any: ['任一满足', 'One must hold'],
  places: ['对象位置', 'Places of objects'],
  between: ['、', ', '],
  uses: ['使用的接口', 'Interfaces'],
  create: ['新建规则组', 'New rule set'],
  removeEffect: ['规则组“{{name}}”被删除。', 'The rule set "{{name}}" is deleted.'],
  empty: ['还没有防越权规则组', 'No rule sets yet'],
  emptyNext: [
    '例如：请求中的患者编号必须是登录用户本人，或其家庭成员。在接口的“防越权（请求）”策略中填写规则组编号即可使用。',
    'For example: the patient of a request must be the user, or one of the family. An interface uses a set by its id in the policy "Object access: requests".',
  ],
});

export function ObjectRules() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const sets = useListOf('object-rules.list', {});
  const columns = useColumns();
  const [address] = useSearchParams();
  const [opened, setOpened] = useState(address.get('open') ?? undefined);
  const [isCreating, setCreating] = useState(false);
  const shown = sets.data?.items.find(({ ruleSetId }) => ruleSetId === opened);
  const create = may('interfaces.edit') ? (
    <Button icon={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<RuleSet>
        label={t('label')}
        rows={sets.data?.items}
        rowKey={({ ruleSetId }) => ruleSetId}
        searchText={({ ruleSetId, name, rules }) =>
          `${ruleSetId} ${name['zh-CN']} ${name.en} ${rules.map(({ locator }) => locator).join(' ')}`
        }
        columns={columns}
        isLoading={sets.isPending}
        error={sets.error}
        onRefresh={() => void sets.refetch()}
        onOpen={({ ruleSetId }) => setOpened(ruleSetId)}
        actions={create}
        empty={<EmptyState needs="interfaces.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="object-rules"
      />
      {isCreating ? <RuleSetDialog stored={undefined} onClose={() => setCreating(false)} /> : null}
      {shown === undefined ? null : <RuleSetDialog stored={shown} onClose={() => setOpened(undefined)} />}
    </>
  );
}

function useColumns(): readonly Column<RuleSet>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const placesOf = ({ rules }: RuleSet) => [...new Set(rules.map(({ locator }) => locator))].join(t('between'));
  return [
    { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
    { key: 'id', title: t('id'), value: ({ ruleSetId }) => ruleSetId, render: ({ ruleSetId }) => <code>{ruleSetId}</code> },
    { key: 'match', title: t('match'), value: ({ match }) => t(match), render: ({ match }) => t(match) },
    { key: 'places', title: t('places'), value: placesOf, render: (set) => <code>{placesOf(set)}</code> },
    {
      key: 'uses',
      title: t('uses'),
      align: 'right',
      value: ({ usedBy }) => usedBy.length,
      render: ({ usedBy }) => format.number(usedBy.length),
    },
    { key: 'remove', title: '', width: 48, render: (set) => <Remove set={set} /> },
  ];
}

function Remove({ set: { ruleSetId, name, usedBy } }: { readonly set: RuleSet }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const remove = useMutationOf('object-rules.remove');
  if (!may('interfaces.edit')) return null;
  const uses = usedBy.map(({ interfaceId, name: user }) => ({ label: text(user), to: `/interfaces/${interfaceId}` }));
  const effect = t('removeEffect', { name: text(name) });
  return (
    <RemoveButton isSmall name={text(name)} effect={effect} uses={uses} run={($reason) => remove.mutateAsync({ ruleSetId, $reason })} />
  );
}
