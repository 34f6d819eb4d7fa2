/** Who uses what: asked by people before they change it, and by control before it removes it. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/errors.ts';
import type { Text } from '../../engine/contract/texts.ts';
import { closed, defineAction, type Action } from './action.ts';
import type { FlowUse } from './flow-uses.ts';
import type { ControlServices } from './services.ts';

/** Answer of `flows.uses`; interfaces only of a flow. */
export interface Uses {
  readonly flows: readonly FlowUse[];
  readonly interfaces: readonly { readonly interfaceId: string; readonly name: Text; readonly state: string }[];
}

/** A thing may not go while flows use it. */
export async function refuseIfUsed({ flowUses }: Pick<ControlServices, 'flowUses'>, kind: 'adapter' | 'table', id: string): Promise<void> {
  const users = ((await flowUses.of(kind)).get(id) ?? []).map(({ flowId }) => flowId);
  if (users.length === 0) return;
  const flows = users.join('、');
  if (kind === 'adapter') {
    throw new AppError('ADAPTER_IN_USE', 'input', `Flows speak through it: ${users.join(', ')}.`, {
      values: { adapterId: id, flows },
      fix: 'Give these flows another adapter first.',
    });
  }
  throw new AppError('TABLE_IN_USE', 'input', `Flows look codes up in it: ${users.join(', ')}.`, {
    values: { tableId: id, flows },
    fix: 'Give these flows another table first.',
  });
}

export function flowUseActions({ flowUses, registry }: ControlServices): readonly Action[] {
  const Id = Type.Optional(Type.String({ maxLength: 100 }));
  return [
    defineAction({
      name: 'flows.uses',
      right: 'flows.read',
      text: { 'zh-CN': '谁在使用：适配器、代码表或流程', en: 'Who uses it: an adapter, a code table or a flow' },
      input: Type.Object({ adapterId: Id, tableId: Id, flowId: Id }, closed),
      audited: false,
      async run(_ctx, { adapterId, tableId, flowId }): Promise<Uses> {
        const asked = [
          ['adapter', adapterId],
          ['table', tableId],
          ['flow', flowId],
        ] as const;
        const flows: FlowUse[] = [];
        for (const [kind, id] of asked) if (id !== undefined) flows.push(...((await flowUses.of(kind)).get(id) ?? []));
        const leading = flowId === undefined ? [] : (await registry.interfaces.list()).filter((item) => leadsTo(item.target, flowId));
        return { flows, interfaces: leading.map(({ interfaceId, name, state }) => ({ interfaceId, name, state })) };
      },
    }),
  ];
}

function leadsTo(target: { readonly kind: string; readonly flowId?: string }, flowId: string): boolean {
  return target.kind === 'flow' && target.flowId === flowId;
}
