import { useMemo, type ReactNode } from 'react';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { FormProvider } from '../kit/form/form-context.tsx';
import { namesOfNodesBefore, namesOfNodesLeadingTo, scopeSampleOf, triggerSampleOf } from './node-sample.ts';
import type { NodeName } from './expression/scope-sample.ts';
import { useOfferedShapes } from './use-offered-shapes.ts';
import { ScopeProvider } from './expression/scope-context.tsx';

const NONE: readonly NodeName[] = [];

/** Provides the context for the fields of a node in the open editor; without a node, for the fields of the flow. */
export function NodeSurroundings({ nodeId, children }: { readonly nodeId: string | undefined; readonly children: ReactNode }) {
  const store = useEditorStore();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const types = useEditor((editor) => editor.types);
  const samples = useEditor((editor) => editor.samples);
  const document = useEditor((editor) => editor.history.document);
  const offered = useOfferedShapes({ mayAsk: false });
  // Typing into the selected node changes neither the wires nor the names of other nodes. So the lists below are
  // computed again only if one of these changes.
  const names = document.nodes.map(({ id, label }) => (id === nodeId ? id : `${id} ${label}`)).join('\n');
  const lists = useMemo(
    () => ({
      nodesBefore: nodeId === undefined ? NONE : namesOfNodesBefore(document, nodeId),
      nodesLeadingHere: nodeId === undefined ? NONE : namesOfNodesLeadingTo(document, nodeId),
    }),
    [nodeId, names, document.edges],
  );
  const sample = useMemo(
    () =>
      nodeId === undefined ? triggerSampleOf(document, types, offered, samples) : scopeSampleOf(document, types, offered, samples, nodeId),
    [nodeId, names, document.edges, types, offered, samples],
  );
  const seal = store.getState().seal;
  const openMapping = useMemo(() => (nodeId === undefined ? undefined : () => store.getState().openMapping(nodeId)), [store, nodeId]);
  return (
    <FormProvider isReadOnly={isReadOnly} seal={seal}>
      <ScopeProvider sample={sample} openMapping={openMapping} {...lists}>
        {children}
      </ScopeProvider>
    </FormProvider>
  );
}
