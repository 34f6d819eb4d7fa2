/** Loads the operations that called systems describe, for the nodes of the open flow. */
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../api/client.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { offeredShapes, offersKey, type OfferedShapes } from '../model/samples/offered-shapes.ts';

const FRESH_MS = 300_000;

/**
 * Returns the schemas of the called operations by node. The map is empty until they are loaded. Without `mayAsk` no
 * hospital's system is called: only operations that were loaded before are used.
 */
export function useOfferedShapes({ mayAsk }: { readonly mayAsk: boolean }): OfferedShapes {
  const may = useMay();
  const types = useEditor((editor) => editor.types);
  const nodes = useEditor(({ history }) => history.document.nodes);
  const called = nodes.filter((node) => node.adapter !== undefined && types.get(node.type)?.knowsOffers === true);
  const asked = [...new Map(called.map((node) => [offersKey(node), { adapterId: node.adapter!, nodeType: node.type }]))];
  const answers = useQueries({
    queries: asked.map(([, input]) => ({
      queryKey: ['adapters.offers', input],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => call('adapters.offers', input, { signal }),
      enabled: mayAsk && may('adapters.test'),
      staleTime: FRESH_MS,
      retry: false,
    })),
  });
  // `called` and `answers` are new objects at every render, but their content seldom changes. So compare their content
  // as text.
  const stamp = JSON.stringify([
    called.map(({ id, type, adapter, config }) => [id, type, adapter, config]),
    answers.map(({ dataUpdatedAt }) => dataUpdatedAt),
  ]);
  return useMemo(() => {
    const offersOf = new Map(asked.map(([key], index) => [key, answers[index]?.data?.items ?? []]));
    return offeredShapes(called, offersOf);
  }, [stamp]);
}
