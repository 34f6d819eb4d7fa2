import type { LoadedNodes } from '../registry/load-nodes.ts';
import type { Extensions } from './open-extensions.ts';

/** Returns the node types of the product and of its extensions. Those of extensions change while the process runs. */
export function withExtensions(nodes: LoadedNodes, extensions: Pick<Extensions, 'get' | 'list' | 'longHelp'>): LoadedNodes {
  return {
    get: (name) => nodes.get(name) ?? extensions.get(name),
    list: () => [...nodes.list(), ...extensions.list()],
    longHelp: (name) => nodes.longHelp(name) ?? extensions.longHelp(name),
    adapterTypes: () => nodes.adapterTypes(),
  };
}
