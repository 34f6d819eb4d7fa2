/**
 * Actions for the targets that adapters, services and receivers may reach in addition to those that are always allowed:
 * docs/decisions/0046.
 */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { readOutboundTarget, showOutboundTarget, type OutboundTarget } from '../../engine/outbound/exception.ts';
import type { OutboundException } from '../../engine/outbound/open-outbound-exceptions.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';

export interface OutboundServices {
  readonly clock: Clock;
  readonly outbound: Outbound;
  readonly plans: PlanPublisher;
}

/** A target that the security administrator listed, or one that an upgrade found in use and that is not confirmed yet. */
export type OutboundItem = Omit<OutboundException, 'host' | 'port'> & { readonly target: string };

export interface OutboundList extends Page<OutboundItem> {
  /** Targets allowed by the settings of this process (`KQ_OUTBOUND_ALLOWED`). */
  readonly ofSettings: readonly string[];
}

/** A target: `host`, `host:port`, `10.0.0.0/8:443` or `[::1]:25`. */
const byTarget = { target: Type.String({ minLength: 1, maxLength: 300 }) };

export function outboundActions(services: OutboundServices): readonly Action[] {
  return [listExceptions(services), allowTarget(services), removeException(services)];
}

function listExceptions({ outbound: { exceptions } }: OutboundServices): Action {
  return defineAction({
    name: 'outbound.list',
    right: 'system.read',
    domain: 'all',
    text: { 'zh-CN': '适配器可连接的例外地址', en: 'Exceptions to where adapters may connect' },
    input: onlyPage,
    audited: false,
    async run(_ctx, wish): Promise<OutboundList> {
      const listed = (await exceptions.list()).map(({ host, port, ...rest }) => ({ target: show(host, port), ...rest }));
      return {
        ...pageOf(listed, ({ target }) => [target], wish),
        ofSettings: exceptions.ofSettings.map(showOutboundTarget),
      };
    },
  });
}

function allowTarget({ outbound: { exceptions }, plans, clock }: OutboundServices): Action {
  return defineAction({
    name: 'outbound.allow',
    right: 'outbound.edit',
    domain: 'all',
    text: { 'zh-CN': '允许连接一个例外地址，或确认升级时发现的地址', en: 'Allow an exception, or confirm one that the upgrade found' },
    input: Type.Object({ ...byTarget, reason: Type.String({ minLength: 3, maxLength: 500 }) }, closed),
    audited: true,
    stepUp: true,
    subject: ({ target }) => target,
    async run({ actor }, { target, reason }) {
      await exceptions.put({ ...read(target), reason, isConfirmed: true, by: actor.account, at: clock.now() });
      plans.changed();
      return { allowed: true };
    },
  });
}

function removeException({ outbound: { exceptions }, plans }: OutboundServices): Action {
  return defineAction({
    name: 'outbound.remove',
    right: 'outbound.edit',
    domain: 'all',
    text: { 'zh-CN': '撤销例外地址；新的连接随即被拒绝', en: 'Withdraw an exception; new connections are refused immediately' },
    input: Type.Object(byTarget, closed),
    audited: true,
    subject: ({ target }) => target,
    async run({ note }, { target }) {
      const removed = await exceptions.remove(read(target));
      note.before = removed;
      plans.changed();
      return { removed: removed !== undefined };
    },
  });
}

function show(host: string, port: number | undefined): string {
  return showOutboundTarget(port === undefined ? { host } : { host, port });
}

function read(text: string): OutboundTarget {
  const target = readOutboundTarget(text.trim().toLowerCase());
  if (target !== undefined) return target;
  throw new AppError('OUTBOUND_TARGET', 'input', `"${text}" is not a name, address or range with a port.`, {
    values: { host: text },
    fix: 'Write it as 127.0.0.1:25, mail.example:587, 10.20.0.0/16 or [::1]:25.',
  });
}
