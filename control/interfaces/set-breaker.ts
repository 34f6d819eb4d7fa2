import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { OneOf } from '../../gateways/documents/document-fields.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';

export interface SetBreakerServices {
  readonly clock: Pick<Clock, 'now'>;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly owners: Owners;
}

const DAY_MINUTES = 1440;

export function setBreakerActions(services: SetBreakerServices): readonly Action[] {
  return [setBreaker(services)];
}

/** Opens or closes the breaker of an interface by hand, until a time. It needs no right to change other settings. */
function setBreaker({ clock, registry, plans, owners }: SetBreakerServices): Action {
  const { interfaces } = registry;
  return defineAction({
    name: 'interfaces.set-breaker',
    right: 'interfaces.publish',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: {
      'zh-CN': '人工设置接口的熔断：暂停调用或始终放行到指定时间，或改回自动',
      en: 'Pause the calls of an interface or let all pass for some minutes, or end that',
    },
    input: Type.Object(
      {
        interfaceId: Type.String({ maxLength: 64 }),
        state: OneOf(['open', 'closed', 'automatic']),
        minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 * DAY_MINUTES, default: 30 })),
      },
      closed,
    ),
    audited: true,
    subject: ({ interfaceId, state }) => `${interfaceId} ${state}`,
    async run(ctx, { interfaceId, state, minutes = 30 }) {
      const before = existing(await interfaces.get(interfaceId), interfaceId);
      const breaker = before.policies?.['breaker'];
      if (typeof breaker !== 'object' || before.target.kind === 'flow') throw noBreaker(interfaceId);
      const { manual: manualBefore, ...rest } = breaker;
      const manual = state === 'automatic' ? undefined : { state, until: clock.now() + minutes * 60_000 };
      const policies = { ...before.policies, breaker: { ...rest, ...(manual && { manual }) } };
      const saved = await interfaces.save({ ...before, policies });
      ctx.note.before = { manual: manualBefore ?? null, revision: before.revision };
      ctx.note.after = { manual: manual ?? null, revision: saved.revision };
      plans.changed();
      return saved;
    },
  });
}

function noBreaker(interfaceId: string): AppError {
  return new AppError('BREAKER_NOT_USED', 'input', `The interface ${interfaceId} has no breaker.`, {
    values: { interfaceId },
    fix: 'Switch on the policy breaker of the interface first. Interfaces that call a flow have none.',
  });
}
