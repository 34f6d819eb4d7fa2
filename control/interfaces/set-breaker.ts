import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { PLAIN_TEXT } from '../../engine/contract/values/plain-text.ts';
import { isInForce, MANUAL_STATES, type ManualState } from '../../gateways/documents/manual-state.ts';
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

/**
 * Pauses the calls of an interface, or lets all pass its breaker, until a time. It needs no right to change the
 * interface, and leaves its document as it is.
 */
function setBreaker({ clock, registry, plans, owners }: SetBreakerServices): Action {
  const { interfaces, manualStates } = registry;
  return defineAction({
    name: 'interfaces.set-breaker',
    right: 'interfaces.publish',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: {
      'zh-CN': '人工暂停接口的调用，或让熔断始终放行到指定时间，或提前结束',
      en: 'Pause the calls of an interface or let all pass its breaker for some minutes, or end that',
    },
    input: Type.Object(
      {
        interfaceId: Type.String({ maxLength: 64 }),
        state: OneOf([...MANUAL_STATES, 'automatic']),
        minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 * DAY_MINUTES, default: 30 })),
        reason: Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_TEXT }),
      },
      closed,
    ),
    audited: true,
    subject: ({ interfaceId, state }) => `${interfaceId} ${state}`,
    async run(ctx, { interfaceId, state, minutes = 30, reason }): Promise<{ readonly manual?: ManualState }> {
      ctx.note.reason = reason;
      const document = existing(await interfaces.get(interfaceId), interfaceId);
      if (state === 'closed' && (typeof document.policies?.['breaker'] !== 'object' || document.target.kind === 'flow'))
        throw noBreaker(interfaceId);
      const before = await manualStates.get(interfaceId);
      const now = clock.now();
      const { account: by } = ctx.actor;
      const revision = before?.revision ?? 0;
      let next: ManualState;
      if (state !== 'automatic') next = { interfaceId, revision, state, since: now, until: now + minutes * 60_000, by, reason };
      else if (before === undefined || !isInForce(before, now)) return before === undefined ? {} : { manual: before };
      else next = { ...before, ended: { at: now, by, reason } };
      const manual = await manualStates.save(next);
      ctx.note.before = toNote(before);
      ctx.note.after = toNote(manual);
      plans.changed();
      return { manual };
    },
  });
}

/** The reasons stay out: the trail has its own place for them. */
function toNote(manual: ManualState | undefined) {
  return manual === undefined
    ? { manual: null }
    : { manual: { state: manual.state, until: manual.until, isEnded: manual.ended !== undefined } };
}

function noBreaker(interfaceId: string): AppError {
  return new AppError('BREAKER_NOT_USED', 'input', `The interface ${interfaceId} has no breaker.`, {
    values: { interfaceId },
    fix: 'Switch on the policy breaker of the interface first. Interfaces that call a flow have none.',
  });
}
