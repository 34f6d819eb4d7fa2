import { Type } from 'typebox';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { definePolicy, type Exchange, type GatewayError } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/**
 * Refuses the calls of an interface that a person has paused. It comes before the policy `cache` (within a stage the
 * names decide): often the reason is that the answers are wrong, so the cached ones are not served either. The pause is no part of the interface, so that it needs no
 * other policy, and nobody who edits the interface meanwhile loses changes.
 */
export default definePolicy({
  name: 'admin-pause',
  stage: 'cache',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '人工暂停', en: 'Manual pause' },
    help: {
      'zh-CN': '运维人员在“负载与保护”中暂停调用时，请求返回 GW50306（或降级应答），到期或人工结束后恢复。',
      en: 'While an operator has paused the calls in "Load and protection", requests get GW50306, or the fallback, until the time is over or a person ends it.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  explain: (_options, _target, _front, deps) => (exchange) => refusePaused(exchange, deps),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, target, front, deps) {
    const { keepers, metrics, report } = deps;
    const { interfaceId } = target!;
    const told = keepers.ofInterface('admin-pause', () => ({ isPaused: false }));
    return (exchange) => {
      const refused = refusePaused(exchange, deps);
      if (refused !== undefined) metrics.count('gateway_limited_total', { front, reason: 'pause' });
      const isPaused = refused !== undefined;
      if (told.isPaused !== isPaused) {
        told.isPaused = isPaused;
        report({ kind: isPaused ? 'calls-paused' : 'calls-resumed', interfaceId });
      }
      return refused;
    };
  },
});

function refusePaused(exchange: Exchange, { clock }: { readonly clock: Pick<Clock, 'now'> }): GatewayError | undefined {
  const manual = exchange.plan.manualState(exchange.interface!.interfaceId);
  const leftMs = manual?.state === 'open' ? manual.until - clock.now() : 0;
  if (leftMs <= 0) return undefined;
  exchange.note({ policy: 'admin-pause', what: 'paused' });
  return refuse('GW50306', { retryAfterSec: Math.ceil(leftMs / 1_000) });
}
