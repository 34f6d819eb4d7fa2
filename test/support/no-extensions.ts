/** For control without an engine: nothing is installed, and nothing can be. */
import type { Extensions } from '../../engine/extensions/open-extensions.ts';

export const noExtensions: Extensions = {
  store: {
    list: async () => [],
    get: async () => undefined,
    add: async () => false,
    packageOf: async () => undefined,
    change: async () => undefined,
    remove: async () => {},
    keys: { list: async () => [], find: async () => undefined, add: async () => false, remove: async () => false },
    onChange: () => () => undefined,
  },
  get: () => undefined,
  list: () => [],
  longHelp: () => undefined,
  typesOf: () => [],
  manifestOf: () => undefined,
  running: () => new Map(),
  stop: () => undefined,
};
