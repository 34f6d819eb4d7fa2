/**
 * Some node types have ports that depend on the configuration. Loads these ports from the server, once for each
 * configuration and after a pause in typing.
 */
import { useEffect, useRef } from 'react';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import { canonicalJson } from '../../../engine/flow/content-hash.ts';
import { call } from '../api/client.ts';
import { createNodeTypes, createPortCache, type NodeTypes } from '../model/flow/node-types.ts';
import { useEditor, useEditorStore } from './state/editor-context.tsx';
import type { EditorStore } from './state/editor-store.ts';

const PAUSE_MS = 400;
type Typed = Pick<FlowNode, 'type' | 'config'>;

export function useConfiguredPorts(): void {
  const store = useEditorStore();
  const nodes = useEditor(({ history }) => history.document.nodes);
  const known = useRef({ asked: new Set<string>(), cache: createPortCache() });
  useEffect(() => {
    const timer = setTimeout(() => void learn(store, known.current), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [store, nodes]);
}

interface Known {
  /** The requests that were sent for this open flow. A request that failed is sent again after the next change. */
  readonly asked: Set<string>;
  readonly cache: ReturnType<typeof createPortCache>;
}

async function learn(store: EditorStore, { asked, cache }: Known): Promise<void> {
  const { types, history } = store.getState();
  const open = new Map(history.document.nodes.filter((node) => dependsOnConfig(types, node)).map((node) => [keyOf(node), node]));
  const before = cache.version;
  await Promise.all(
    [...open].map(async ([key, node]) => {
      if (asked.has(key)) return;
      asked.add(key);
      try {
        const { out } = await call('nodes.ports', { type: node.type, config: node.config });
        // The ports were guessed before the server replied. If the guess was right, do not draw hundreds of cards
        // again.
        if (canonicalJson(out) !== canonicalJson(types.outPorts(node) ?? [])) cache.learn(node.type, node.config, out);
      } catch {
        asked.delete(key);
      }
    }),
  );
  if (cache.version !== before) store.getState().setTypes(createNodeTypes(types.list, cache));
}

/**
 * Returns whether the server must be asked for the ports. The ports of branches can be read from the configuration. For
 * other ports that depend on a configuration, only the server has the code of the node type.
 */
function dependsOnConfig(types: NodeTypes, { type, config }: Typed): boolean {
  return types.get(type)?.ports.dependOnConfig === true && !Array.isArray(config['branches']);
}

function keyOf({ type, config }: Typed): string {
  return `${type} ${canonicalJson(config)}`;
}
