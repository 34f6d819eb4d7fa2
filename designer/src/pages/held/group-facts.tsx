/**
 * Shows where the messages of a group are held and why. It is used on the page of the group and before a bulk
 * operation.
 */
import { Alert } from 'antd';
import type { ReactNode } from 'react';
import type { NamedHeldGroup } from '../../api/operations.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useFlowName } from '../messages/use-flow-name.ts';
import { addressOf, type GroupName } from '../messages/held-group.ts';
import styles from './held-page.module.css';

const TEXTS = defineTexts({
  flow: ['流程', 'Flow'],
  node: ['停在节点', 'Stopped at'],
  adapter: ['系统', 'System'],
  cause: ['原因', 'Cause'],
  code: ['错误代码', 'Error code'],
  failing: ['“{{name}}”的调用仍在失败', 'Calls of “{{name}}” are failing'],
  failingWhy: [
    '自 {{since}} 起：{{why}}；最近一次失败：{{ago}}。对方还没有恢复的话，这些消息会再次挂起。',
    '{{why}}, since {{since}}; the last failure was {{ago}}. Unless that system is available again, these messages are held again.',
  ],
});

/** Shows the facts of a group. Set `withCause` if no heading names the cause. */
export function GroupFacts({ group, withCause = false }: { readonly group: GroupName; readonly withCause?: boolean }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const nameOf = useFlowName();
  const causeOf = useCauseWords();
  const named = useNamedGroup(group);
  const facts: readonly (readonly [label: string, value: ReactNode])[] = [
    [t('flow'), named === undefined ? nameOf(group.flowId) : text(named.flowName)],
    [t('node'), named === undefined ? group.node : named.nodeLabel],
    [t('adapter'), text(named?.adapter?.name)],
    [t('cause'), withCause ? causeOf(group.code).what : ''],
    [t('code'), <code key="code">{group.code}</code>],
  ];
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Warns the user if the messages wait for a system that, as far as the platform knows, still does not respond. */
export function FailingSystem({ group }: { readonly group: GroupName }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const causeOf = useCauseWords();
  const mayRead = useMay()('adapters.read');
  const named = useNamedGroup(group);
  const { data } = useListOf('adapters.list', {}, { enabled: mayRead && named?.adapter !== undefined });
  const adapter = data?.items.find(({ adapterId }) => adapterId === named?.adapter?.adapterId);
  const { state, failingSince, lastError } = adapter?.calls ?? {};
  if (state !== 'failing' || failingSince === undefined || lastError === undefined) return null;
  const why = { why: causeOf(lastError.code).what, since: format.time(failingSince), ago: format.ago(lastError.at) };
  return <Alert type="warning" showIcon title={t('failing', { name: text(adapter?.name) })} description={t('failingWhy', why)} />;
}

function useNamedGroup(group: GroupName): NamedHeldGroup | undefined {
  const { data } = useQueryOf('held.groups', {});
  return data?.groups.find((one) => addressOf(one) === addressOf(group));
}
