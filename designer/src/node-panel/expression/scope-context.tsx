/** What the fields of a node can read and open. A form outside a flow leaves all of it out. */
import { createContext, use, useMemo, type ReactNode } from 'react';
import type { NodeName, ScopeSample } from './scope-sample.ts';

export interface FieldScope {
  readonly sample: ScopeSample;
  /** Nodes whose output may be read here. */
  readonly nodesBefore: readonly NodeName[];
  /** Nodes whose wires lead straight here. */
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
