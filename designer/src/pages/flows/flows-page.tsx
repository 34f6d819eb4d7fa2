import { Button, Dropdown } from 'antd';
import { CirclePause, Copy, Download, EllipsisVertical, Plus, Trash2, Upload as UploadIcon } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { FlowItem } from '../../api/operations.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { GuideCard } from '../../guide/guide-card.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { DataTable, type Column, type Filter } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { ExportFlowDialog } from './export-flow-dialog.tsx';
import { FLOW_STATE_TEXTS, FlowStateTag, flowStateOf } from '../../release/flow-state-tag.tsx';
import styles from './flows-page.module.css';
import { ImportBundleDialog } from './import-bundle-dialog.tsx';
import { NewFlowDialog } from './new-flow-dialog.tsx';

const TEXTS = defineTexts({
  title: ['流程', 'Flows'],
  help: [
    '一条流程把一条消息从来处带到去处：接收、校验、转换、调用、回复。',
    'A flow takes a message from its source to its target: receive, check, transform, call, reply.',
  ],
  create: ['新建流程', 'New flow'],
  import: ['导入', 'Import'],
  name: ['名称', 'Name'],
  state: ['状态', 'State'],
  mode: ['执行方式', 'Mode'],
  domain: ['服务域', 'Domain'],
  tags: ['标签', 'Tags'],
  version: ['版本', 'Version'],
  changed: ['修改', 'Changed'],
  by: ['修改人', 'By'],
  sync: ['同步', 'Sync'],
  durable: ['可靠异步', 'Durable'],
  empty: ['还没有流程', 'No flows yet'],
  emptyNext: ['新建一条，或从示例城市学起。', 'Create one, or learn from the example city.'],
  more: ['更多操作', 'More'],
  duplicate: ['复制一份', 'Duplicate'],
  export: ['导出', 'Export'],
  unpublish: ['下线', 'Take out of service'],
  unpublishEffect: [
    '流程“{{name}}”不再接收新消息；已接收的继续处理完。',
    'The flow "{{name}}" accepts no further messages; those already accepted are completed.',
  ],
  remove: ['删除', 'Delete'],
  removeTitle: ['删除流程', 'Delete the flow'],
  removeEffect: [
    '流程“{{name}}”的草稿和历次版本都会删除，不能恢复。正在运行的版本须先下线。',
    'The draft and all versions of "{{name}}" are deleted permanently. A version in service must be taken out of service first.',
  ],
});

/** Lists all flows, with published versions and unpublished drafts. */
export function FlowsPage() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const go = useNavigate();
  const flows = useListOf('flows.list', {});
  const [address] = useSearchParams();
  const [isCreating, setCreating] = useState(address.get('new') !== null);
  const [isImporting, setImporting] = useState(false);
  const columns = useColumns();
  const create = may('flows.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        actions={
          create === null ? null : (
            <>
              <Button icon={<UploadIcon size={16} />} onClick={() => setImporting(true)}>
                {t('import')}
              </Button>
              {create}
            </>
          )
        }
      />
      <DataTable<FlowItem>
        label={t('title')}
        rows={flows.data?.items}
        rowKey={({ flowId }) => flowId}
        columns={columns}
        filters={useFilters()}
        searchText={({ name, flowId, tags, domain }) => `${name['zh-CN']} ${name.en} ${flowId} ${domain} ${tags.join(' ')}`}
        isLoading={flows.isPending}
        error={flows.error}
        onRefresh={() => void flows.refetch()}
        onOpen={({ flowId }) => void go(`/flows/${flowId}`)}
        empty={<EmptyState needs="flows.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        defaultSort={{ key: 'changed', order: 'descend' }}
        exportName="flows"
      />
      <GuideCard />
      {isCreating ? <NewFlowDialog onClose={() => setCreating(false)} /> : null}
      {isImporting ? <ImportBundleDialog onClose={() => setImporting(false)} /> : null}
    </Page>
  );
}

function useColumns(): readonly Column<FlowItem>[] {
  const t = useTexts(TEXTS);
  const state = useTexts(FLOW_STATE_TEXTS);
  const text = useText();
  const format = useFormat();
  return [
    {
      key: 'name',
      title: t('name'),
      value: ({ name }) => text(name),
      render: ({ name, flowId }) => (
        <div>
          <div className={styles.name}>{text(name)}</div>
          <code className={styles.id}>{flowId}</code>
        </div>
      ),
    },
    { key: 'state', title: t('state'), value: (flow) => state(flowStateOf(flow)), render: (flow) => <FlowStateTag flow={flow} /> },
    { key: 'mode', title: t('mode'), value: ({ mode }) => t(mode), render: ({ mode }) => t(mode) },
    { key: 'domain', title: t('domain'), value: ({ domain }) => domain, render: ({ domain }) => domain },
    { key: 'tags', title: t('tags'), value: ({ tags }) => tags.join(' '), render: ({ tags }) => <Tags tags={tags} /> },
    {
      key: 'version',
      title: t('version'),
      align: 'right',
      value: ({ publishedVersion }) => publishedVersion,
      render: ({ publishedVersion }) => (publishedVersion === undefined ? '—' : format.number(publishedVersion)),
    },
    {
      key: 'changed',
      title: t('changed'),
      value: ({ updatedAt }) => updatedAt,
      render: ({ updatedAt }) => <TimeText at={updatedAt} isAgo />,
    },
    { key: 'by', title: t('by'), value: ({ updatedBy }) => updatedBy, render: ({ updatedBy }) => updatedBy },
    { key: 'more', title: '', width: 48, render: (flow) => <FlowMenu flow={flow} /> },
  ];
}

function useFilters(): readonly Filter<FlowItem>[] {
  const t = useTexts(TEXTS);
  const state = useTexts(FLOW_STATE_TEXTS);
  return [
    {
      key: 'state',
      label: t('state'),
      options: (['published', 'edited', 'draft'] as const).map((value) => ({ value, label: state(value) })),
      test: (flow, value) => flowStateOf(flow) === value,
    },
    {
      key: 'mode',
      label: t('mode'),
      options: (['sync', 'durable'] as const).map((value) => ({ value, label: t(value) })),
      test: ({ mode }, value) => mode === value,
    },
  ];
}

function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}

function FlowMenu({ flow }: { readonly flow: FlowItem }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const [isCopying, setCopying] = useState(false);
  const [isExporting, setExporting] = useState(false);
  const remove = useMutationOf('flows.remove');
  const unpublish = useMutationOf('flows.unpublish');
  const name = text(flow.name);
  const { flowId } = flow;
  const acts: Readonly<Record<string, () => void>> = {
    duplicate: () => setCopying(true),
    export: () => setExporting(true),
    unpublish: () =>
      confirm({
        title: t('unpublish'),
        effect: t('unpublishEffect', { name }),
        verb: t('unpublish'),
        isDangerous: true,
        needsReason: true,
        run: ($reason) => unpublish.mutateAsync({ flowId, $reason }),
      }),
    remove: () =>
      confirm({
        title: t('removeTitle'),
        effect: t('removeEffect', { name }),
        verb: t('remove'),
        isDangerous: true,
        needsReason: true,
        run: ($reason) => remove.mutateAsync({ flowId, $reason }),
      }),
  };
  const items = [
    ...(may('flows.edit') ? [{ key: 'duplicate', icon: <Copy size={16} />, label: t('duplicate') }] : []),
    { key: 'export', icon: <Download size={16} />, label: t('export') },
    ...(may('flows.publish') && flow.publishedVersion !== undefined
      ? [{ key: 'unpublish', icon: <CirclePause size={16} />, label: t('unpublish') }]
      : []),
    ...(may('flows.delete') ? [{ key: 'remove', danger: true, icon: <Trash2 size={16} />, label: t('remove') }] : []),
  ];
  return (
    <>
      <Dropdown trigger={['click']} menu={{ items, onClick: ({ key }) => acts[key]?.() }}>
        <Button type="text" size="small" aria-label={`${t('more')}: ${name}`} icon={<EllipsisVertical size={16} />} />
      </Dropdown>
      {isCopying ? <NewFlowDialog copyOf={flow} onClose={() => setCopying(false)} /> : null}
      {isExporting ? <ExportFlowDialog flow={flow} onClose={() => setExporting(false)} /> : null}
    </>
  );
}
