import type { FindInstances } from '../../engine/contract/node/find-instances.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { readSettings } from '../shared/read-settings.ts';
import { createFindInConsul } from './consul.ts';
import type { FindAt } from './find-at.ts';
import { createFindInNacos } from './nacos.ts';
import { RegistrySettings } from './settings.ts';

/** Asks a registry centre of any kind. To add a kind: copy `consul.ts`, and add a line here and in `settings.ts`. */
const KINDS = { consul: createFindInConsul, nacos: createFindInNacos };

/**
 * Returns a function with a memory of its own: the address that works, and what a login gave. After a failure that
 * another address may not have, the next question goes to the next one.
 */
export function createFindInstances(): FindInstances {
  const finders = new Map<RegistrySettings['kind'], FindAt>();
  let turn = 0;
  return async (query, ctx) => {
    const settings = readSettings(ctx.adapter, RegistrySettings);
    const { kind, addresses } = settings;
    const find = finders.get(kind) ?? KINDS[kind]();
    finders.set(kind, find);
    try {
      return await find(addresses[turn % addresses.length]!.replace(/\/$/, ''), settings, query, ctx);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'transient') turn += 1;
      throw error;
    }
  };
}
