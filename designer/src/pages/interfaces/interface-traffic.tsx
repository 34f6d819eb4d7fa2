import { Descriptions } from 'antd';
import { Link } from 'react-router';
import { useListOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Panel } from '../../kit/page/page-header.tsx';
import { heldOf, TargetText } from '../../release/interface-parts.tsx';

const TEXTS = defineTexts({
  title: ['概况', 'At a glance'],
  target: ['目标', 'Target'],
  version: ['线上版本', 'Version in service'],
  none: ['未发布', 'Not published'],
  today: ['流程今日执行', 'Executions of the flow today'],
  failed: ['其中失败', 'Of these, failed'],
  held: ['待人工处理', 'Held now'],
});

/** Shows the target of the saved interface, and today's traffic. */
export function InterfaceTraffic({ interfaceId }: { readonly interfaceId: string }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const list = useListOf('interfaces.list', {});
  const item = list.data?.items.find((one) => one.interfaceId === interfaceId);
  if (item === undefined) return null;
  const { flow, target } = item;
  const held = heldOf(item);
  const count = (value: number | undefined) => (value === undefined ? '—' : format.number(value));
  return (
    <Panel title={t('title')}>
      <Descriptions
        size="small"
        column={1}
        items={[
          { key: 'target', label: t('target'), children: <TargetText item={item} /> },
          ...(target.kind === 'upstream'
            ? []
            : [
                { key: 'version', label: t('version'), children: flow?.publishedVersion ?? t('none') },
                { key: 'today', label: t('today'), children: count(flow?.today) },
                { key: 'failed', label: t('failed'), children: count(flow?.failedToday) },
                { key: 'held', label: t('held'), children: held === undefined ? '—' : <Link to={held.to}>{count(held.count)}</Link> },
              ]),
        ]}
      />
    </Panel>
  );
}
