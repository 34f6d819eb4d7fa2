/** Computes the values of a source for the sample: the initial value, and the value after each of its functions. */
import { useEffect, useMemo, useState } from 'react';
import type { MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { sourcesMapping, sourcesOutput } from '../../model/mapping/preview-mapping.ts';
import { chainOf, sourceOf } from '../../model/mapping/source-chain.ts';
import { useMappingView } from './mapping-context.tsx';
import { useTables, workOut } from './use-mapping-preview.ts';

/** Returns the initial value, then the value after each step; undefined without a sample. */
export function useStepValues(source: MappingSource | undefined, eaches: readonly MappingSource[]): readonly unknown[] | undefined {
  const { sample } = useMappingView();
  const [values, setValues] = useState<readonly unknown[]>();
  const mapping = useMemo(() => {
    if (source === undefined) return undefined;
    const { base, steps } = chainOf(source);
    const parts = [base, ...steps].map((_, count) => sourceOf({ base, steps: steps.slice(0, count) }));
    return { count: parts.length, mapping: sourcesMapping(parts, eaches) };
  }, [source, eaches]);
  const tables = useTables(mapping?.mapping);
  useEffect(() => {
    if (mapping === undefined || tables === undefined || sample.data === undefined) return setValues(undefined);
    let isGone = false;
    void workOut(mapping.mapping, sample, tables).then(({ output }) => {
      if (!isGone) setValues(sourcesOutput(output, mapping.count, eaches));
    });
    return () => {
      isGone = true;
    };
  }, [mapping, tables, sample]);
  return values;
}
