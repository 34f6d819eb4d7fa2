import { addressesOf } from '../../../gateways/documents/upstream-target.ts';
import type { Output } from '../api/operation-types.ts';
import { CircleCheck, CircleSlash } from 'lucide-react';
import { Link } from 'react-router';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import type { Held } from '../kit/traffic/call-state.tsx';
import { Tag } from '../kit/feedback/status-tag.tsx';

export const FRONT_TEXTS = defineTexts({
  open: ['开放网关', 'Open front'],
  user: ['用户网关', 'User front'],
  bus: ['总线网关', 'Bus front'],
});

const TEXTS = defineTexts({
  online: ['在线', 'Online'],
  offline: ['已下线', 'Offline'],
  upstream: ['后端服务（{{count}} 个实例）', 'Upstream service ({{count}} {{count|instance|instances}})'],
});

export type InterfaceItem = Output<'interfaces.list'>['items'][number];

export function StateTag({ state }: { readonly state: InterfaceItem['state'] }) {
  const t = useTexts(TEXTS);
  const isOnline = state === 'online';
  return (
    <Tag tone={isOnline ? 'green' : 'grey'} icon={isOnline ? CircleCheck : CircleSlash}>
      {t(state)}
    </Tag>
  );
}

/**
 * Returns the held messages of the interface's flow. Returns undefined if the interface has no flow as its target, and
 * for users who may not see messages.
 */
export function heldOf({ target, flow }: Pick<InterfaceItem, 'target' | 'flow'>): Held | undefined {
  if (target.kind !== 'flow' || flow?.held === undefined) return undefined;
  return { count: flow.held, to: `/messages?flow=${encodeURIComponent(target.flowId)}&status=held` };
}

/** Shows the target of the interface: a flow by name, or the instances of a service. */
export function TargetText({ item }: { readonly item: Pick<InterfaceItem, 'target' | 'flow'> }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { target, flow } = item;
  if (target.kind === 'upstream') return <span>{t('upstream', { count: addressesOf(target).length })}</span>;
  return flow === undefined ? <code>{target.flowId}</code> : <Link to={`/flows/${target.flowId}`}>{text(flow.name)}</Link>;
}
