/**
 * The context of a node's fields: which data they can read, and how to open the mapping editor. A form outside a flow
 * has none of it.
 */
import { createContext, use, useMemo, type ReactNode } from 'react';
import type { NodeName, ScopeSample } from './scope-sample.ts';

export interface FieldScope {
  readonly sample: ScopeSample;
  /** Nodes whose output the fields can read. */
  readonly nodesBefore: readonly NodeName[];
  /** Nodes with a wire directly to this node. */
  readonly nodesLeadingHere: readonly NodeName[];
  readonly openMapping: (() => void) | undefined;
}

const NOTHING: FieldScope = { sample: {}, nodesBefore: [], nodesLeadingHere: [], openMapping: undefined };

const ScopeContext = createContext<FieldScope>(NOTHING);

export function ScopeProvider({ children, ...scope }: FieldScope & { readonly children: ReactNode }) {
  const { sample, nodesBefore, nodesLeadingHere, openMapping } = scope;
  const value = useMemo(
    () => ({ sample, nodesBefore, nodesLeadingHere, openMapping }),
    [sample, nodesBefore, nodesLeadingHere, openMapping],
  );
  return <ScopeContext value={value}>{children}</ScopeContext>;
}

export function useScope(): FieldScope {
  return use(ScopeContext);
}
