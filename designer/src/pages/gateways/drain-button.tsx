import { Alert, App, Button } from 'antd';
import { CirclePause, CirclePlay } from 'lucide-react';
import type { SystemReport } from '../../api/operations.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';

type Gateway = SystemReport['gateways'][number];

const TEXTS = defineTexts({
  drain: ['排空…', 'Drain…'],
  drainOf: ['排空 {{host}} · {{pid}}', 'Drain {{host}} · {{pid}}'],
  drainVerb: ['排空', 'Drain'],
  drainEffect: [
    '{{host}} 上的进程 {{pid}}（{{fronts}}）的 /readyz 改答 503，负载均衡据此不再分配请求；应答带 connection: close，请调用方换连接。处理中的请求和仍到达的请求照常完成，进程不会退出，可随时恢复。重启后自动恢复。',
    '/readyz of process {{pid}} on {{host}} ({{fronts}}) returns 503, so that load balancers take it out. Responses carry connection: close, so that callers connect elsewhere. Calls in flight, and calls that still arrive, are completed. The process keeps running, and you can return it to service at any time; a restart does so too.',
  ],
  last: [
    '这是以下网关最后一个就绪的进程：{{fronts}}。排空后负载均衡没有可用的进程，调用方会收到错误。',
    'This is the last ready process of: {{fronts}}. Load balancers have no other, so callers get errors.',
  ],
  resume: ['恢复服务…', 'Return to service…'],
  resumeOf: ['恢复服务：{{host}} · {{pid}}', 'Return {{host}} · {{pid}} to service'],
  resumeVerb: ['恢复服务', 'Return to service'],
  resumeEffect: [
    '{{host}} 上的进程 {{pid}}（{{fronts}}）恢复就绪，负载均衡重新分配请求。',
    'Process {{pid}} on {{host}} ({{fronts}}) is ready again, so that load balancers send calls to it.',
  ],
  asked: ['进程已收到，十秒内显示新状态', 'The process confirmed it; the list shows it within ten seconds'],
  separator: ['、', ', '],
});

interface DrainButtonProps {
  readonly gateway: Gateway;
  /** The gateways of all running processes. */
  readonly gateways: readonly Gateway[];
}

/** Drains the process of a gateway, with all its gateways, or returns it to service. */
export function DrainButton({ gateway: { processId, host, pid, isDraining = false }, gateways }: DrainButtonProps) {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const confirm = useConfirm();
  const { message } = App.useApp();
  const drain = useMutationOf('gateways.drain', ['system']);
  const resume = useMutationOf('gateways.resume', ['system']);
  const act = isDraining ? resume : drain;
  const verb = isDraining ? 'resume' : 'drain';
  const namesOf = (fronts: readonly string[]) => fronts.map((name) => front(name as keyof typeof FRONT_TEXTS)).join(t('separator'));
  const own = gateways.filter((one) => one.processId === processId).map((one) => one.front);
  const last = isDraining ? [] : own.filter((name) => !gateways.some((one) => isReadyElsewhere(one, name, processId)));
  const ask = () =>
    confirm({
      title: t(`${verb}Of`, { host, pid }),
      effect: (
        <>
          <p>{t(`${verb}Effect`, { host, pid, fronts: namesOf(own) })}</p>
          {last.length === 0 ? null : <Alert type="warning" showIcon title={t('last', { fronts: namesOf(last) })} />}
        </>
      ),
      verb: t(`${verb}Verb`),
      isDangerous: last.length > 0,
      needsReason: true,
      async run(reason) {
        await act.mutateAsync({ processId, reason });
        void message.success(t('asked'));
      },
    });
  return (
    <Button
      size="small"
      icon={isDraining ? <CirclePlay size={14} /> : <CirclePause size={14} />}
      aria-label={t(`${verb}Of`, { host, pid })}
      onClick={ask}
    >
      {t(verb)}
    </Button>
  );
}

function isReadyElsewhere({ front, processId, isDraining = false }: Gateway, name: string, own: string): boolean {
  return front === name && processId !== own && !isDraining;
}
