/**
 * Finds what uses an object. People ask this before they change the object, and control checks it before it removes the
 * object.
 */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import type { FlowUse, FlowUses } from './flow-uses.ts';
import { sourcesOf } from '../registry/fill-in-instances.ts';
import type { Registry } from '../registry/registry.ts';

export interface FlowUseServices {
  readonly registry: Registry;
  readonly flowUses: FlowUses;
}

/**
 * Result of `flows.uses`. `interfaces`: those that lead to the flow, or whose instances come from the adapter; empty for a
 * code table.
 */
export interface Uses {
  readonly flows: readonly FlowUse[];
  readonly interfaces: readonly { readonly interfaceId: string; readonly name: Text; readonly state: string }[];
}

/** Rejects with ADAPTER_IN_USE or TABLE_IN_USE (input) if flows use the object. */
export async function refuseIfUsed({ flowUses }: Pick<FlowUseServices, 'flowUses'>, kind: 'adapter' | 'table', id: string): Promise<void> {
  const users = ((await flowUses.of(kind)).get(id) ?? []).map(({ flowId }) => flowId);
  if (users.length === 0) return;
  const flows = users.join('、');
  if (kind === 'adapter') {
    throw new AppError('ADAPTER_IN_USE', 'input', `Flows use it: ${users.join(', ')}.`, {
      values: { adapterId: id, flows },
      fix: 'Give these flows another adapter first.',
    });
  }
  throw new AppError('TABLE_IN_USE', 'input', `Flows look codes up in it: ${users.join(', ')}.`, {
    values: { tableId: id, flows },
    fix: 'Give these flows another table first.',
  });
}

/**
 * Rejects with FLOW_IN_USE (input), with the names of the users, if interfaces or other flows need the flow. Deleting a
 * flow breaks all of these; unpublishing it breaks only those in service.
 */
export async function refuseIfFlowUsed(
  { flowUses, registry }: FlowUseServices,
  flowId: string,
  act: 'delete' | 'unpublish',
): Promise<void> {
  const callers = ((await flowUses.of('flow')).get(flowId) ?? []).filter(
    (use) => use.flowId !== flowId && (act === 'delete' || use.inPublished),
  );
  const leading = (await registry.interfaces.list()).filter(
    ({ target, state }) => leadsTo(target, flowId) && (act === 'delete' || state === 'online'),
  );
  if (callers.length + leading.length === 0) return;
  const flows = callers.map((use) => use.flowId);
  const interfaces = leading.map(({ interfaceId }) => interfaceId);
  const what = act === 'delete' ? 'deleted' : 'unpublished';
  throw new AppError('FLOW_IN_USE', 'input', `The flow cannot be ${what}, it is used by: ${[...interfaces, ...flows].join(', ')}.`, {
    values: {
      problem: act,
      ...(interfaces.length === 0 ? {} : { interfaces: interfaces.join('、') }),
      ...(flows.length === 0 ? {} : { flows: flows.join('、') }),
    },
    fix:
      act === 'delete'
        ? 'Delete these interfaces or give them another target; remove the calls from these flows.'
        : 'Take these interfaces offline first, and publish these flows without the call.',
  });
}

export function flowUseActions({ flowUses, registry }: FlowUseServices): readonly Action[] {
  const Id = Type.Optional(Type.String({ maxLength: 100 }));
  return [
    defineAction({
      name: 'flows.uses',
      right: 'flows.read',
      domain: 'filtered',
      text: { 'zh-CN': '谁在使用：适配器、代码表或流程', en: 'Who uses it: an adapter, a code table or a flow' },
      input: Type.Object({ adapterId: Id, tableId: Id, flowId: Id }, closed),
      audited: false,
      async run({ domains }, { adapterId, tableId, flowId }): Promise<Uses> {
        const asked = [
          ['adapter', adapterId],
          ['table', tableId],
          ['flow', flowId],
        ] as const;
        const flows: FlowUse[] = [];
        for (const [kind, id] of asked) if (id !== undefined) flows.push(...domains.keep((await flowUses.of(kind)).get(id) ?? []));
        const interfaces = domains.keep(await registry.interfaces.list());
        const users = interfaces.filter(
          (item) =>
            (flowId !== undefined && leadsTo(item.target, flowId)) ||
            (adapterId !== undefined && sourcesOf(item).some((source) => source.adapterId === adapterId)),
        );
        return { flows, interfaces: users.map(({ interfaceId, name, state }) => ({ interfaceId, name, state })) };
      },
    }),
  ];
}

function leadsTo(target: { readonly kind: string; readonly flowId?: string }, flowId: string): boolean {
  return target.kind === 'flow' && target.flowId === flowId;
}
