/** The engine's surroundings as the example city's documents need them in tests. */
import type { CodeTable } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { parseExpression, type ExpressionRunner } from '../../engine/expression/compile-expression.ts';
import type { TableSnapshot } from '../../engine/bindings/interface.ts';

/** The city's expressions all run in process. */
export const notHere: ExpressionRunner = { runExpression: () => Promise.reject(new Error('no sandbox here')) };

export function compileSyntaxOnly(text: string): void {
  parseExpression(text);
}

export function tableSnapshot(tables: readonly CodeTable[]): TableSnapshot {
  const byId = new Map(tables.map((table) => [table.tableId, table]));
  return {
    id: 'tables',
    has: (table) => byId.has(table),
    lookup(table, key) {
      const found = byId.get(table);
      const value = found !== undefined && Object.hasOwn(found.entries, key) ? found.entries[key] : found?.fallback;
      if (value === undefined) throw new AppError('CODE_UNKNOWN', 'input', `Code table ${table} does not contain this code.`);
      return value;
    },
  };
}
