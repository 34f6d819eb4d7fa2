/** Actions for code tables. */
import { Type } from 'typebox';
import { CodeTable } from '../../engine/contract/node/adapter.ts';
import { changedFieldsOfTable } from '../audit/changed-fields.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { ownedTable } from '../flows/flow-references.ts';
import { type FlowUses, type UsedBy, usersOf } from '../flows/flow-uses.ts';
import { existing } from '../access/domains.ts';
import { all, type Owners, saving } from '../action/owners.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { refuseIfUsed } from '../flows/uses.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';

export interface TableServices {
  readonly bindingStore: BindingStore;
  readonly flowUses: FlowUses;
  readonly owners: Owners;
}

const byTable = Type.Object({ tableId: Type.String({ maxLength: 64 }) }, closed);

export interface TableItem extends Omit<CodeTable, 'entries'> {
  readonly size: number;
  readonly usedBy: readonly UsedBy[];
  /** False if the table is shared with the person for use only. */
  readonly mayEdit: boolean;
}

export function tableActions(services: TableServices): readonly Action[] {
  return [listTables(services), getTable(services), saveTable(services), removeTable(services)];
}

function listTables({ bindingStore, flowUses }: TableServices): Action {
  return defineAction({
    name: 'tables.list',
    right: 'tables.read',
    domain: 'filtered',
    text: { 'zh-CN': '代码表列表', en: 'List code tables' },
    input: onlyPage,
    audited: false,
    run: async ({ domains }, wish): Promise<Page<TableItem>> => {
      const [tables, uses] = await Promise.all([bindingStore.listTables(), flowUses.of('table')]);
      const seen = tables.filter((table) => domains.mayUse(ownedTable(table)));
      const { items, ...rest } = pageOf(seen, ({ tableId }) => [tableId], wish);
      const described = items.map(({ entries, ...table }) => ({
        ...table,
        size: Object.keys(entries).length,
        usedBy: usersOf(uses, table.tableId, domains),
        mayEdit: domains.holds(table.domain),
      }));
      return { items: described, ...rest };
    },
  });
}

function getTable({ bindingStore }: TableServices): Action {
  return defineAction({
    name: 'tables.get',
    right: 'tables.read',
    domain: 'filtered',
    text: { 'zh-CN': '读取代码表', en: 'Read a code table' },
    input: byTable,
    audited: false,
    async run({ domains }, { tableId }) {
      const table = existing(await bindingStore.getTable(tableId), tableId);
      return existing(domains.mayUse(ownedTable(table)) ? table : undefined, tableId);
    },
  });
}

function saveTable({ bindingStore, owners }: TableServices): Action {
  return defineAction({
    name: 'tables.save',
    right: 'tables.edit',
    domain: ({ tableId, document }) => saving(owners.table(tableId), document),
    text: { 'zh-CN': '保存代码表', en: 'Save a code table' },
    input: Type.Object({ tableId: Type.String(), document: CodeTable }, closed),
    audited: true,
    subject: ({ tableId }) => tableId,
    async run(ctx, { tableId, document }) {
      requireSameId(document.tableId, tableId);
      const before = await bindingStore.getTable(tableId);
      const saved = await bindingStore.saveTable(document, document.revision);
      ctx.note.changes = changedFieldsOfTable(before, saved);
      ctx.note.after = { revision: saved.revision, size: Object.keys(saved.entries).length };
      return saved;
    },
  });
}

function removeTable(services: TableServices): Action {
  const { bindingStore, owners } = services;
  return defineAction({
    name: 'tables.remove',
    right: 'tables.edit',
    domain: ({ tableId }) => all(owners.table(tableId)),
    text: { 'zh-CN': '删除代码表（有流程在用时拒绝）', en: 'Delete a code table; refused while flows use it' },
    input: byTable,
    audited: true,
    subject: ({ tableId }) => tableId,
    async run(_ctx, { tableId }) {
      await refuseIfUsed(services, 'table', tableId);
      return { removed: await bindingStore.removeTable(tableId) };
    },
  });
}
