/** The result of the mapping for the sample, computed in the page after a pause in typing. */
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { Mapping } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { call } from '../../api/client.ts';
import type { ScopeSample } from '../../node-panel/expression/scope-sample.ts';
import {
  previewMapping,
  tablesOf,
  type MappingPreview,
  type MappingSample,
  type PreviewTable,
} from '../../model/mapping/preview-mapping.ts';

const PAUSE_MS = 120;

export function useMappingPreview(mapping: Mapping | undefined, sample: ScopeSample): MappingPreview | undefined {
  const tables = useTables(mapping);
  const [preview, setPreview] = useState<MappingPreview>();
  useEffect(() => {
    if (mapping === undefined || sample.data === undefined || tables === undefined) return setPreview(undefined);
    let isGone = false;
    const timer = setTimeout(() => {
      void workOut(mapping, sample, tables).then((next) => (isGone ? undefined : setPreview(next)));
    }, PAUSE_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [mapping, sample, tables]);
  return preview;
}

/**
 * Returns the code tables of a mapping; undefined until all tables are loaded. A table that does not exist counts as
 * empty.
 */
export function useTables(mapping: Mapping | undefined): Readonly<Record<string, PreviewTable>> | undefined {
  const names = useMemo(() => tablesOf(mapping?.rules), [mapping]).join(' ');
  const ids = useMemo(() => names.split(' ').filter(Boolean), [names]);
  const answers = useQueries({
    queries: ids.map((tableId) => ({
      queryKey: ['tables.get', { tableId }],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => call('tables.get', { tableId }, { signal }),
      retry: false,
    })),
  });
  const isPending = answers.some((answer) => answer.isPending);
  const stamp = answers.map((answer) => answer.dataUpdatedAt).join(' ');
  return useMemo(() => {
    if (isPending) return undefined;
    return Object.fromEntries(
      answers.flatMap(({ data }, index) => {
        if (data === undefined) return [];
        const { entries, fallback } = data;
        return [[ids[index]!, { entries, ...(fallback === undefined ? {} : { fallback }) }]];
      }),
    );
    // `answers` contains new objects at every render. So depend on `stamp`, which changes only if the content changes.
  }, [ids, isPending, stamp]);
}

/** Computes the result of the mapping. The compilers are loaded when this is called for the first time. */
export async function workOut(
  mapping: Mapping,
  sample: ScopeSample,
  tables: Readonly<Record<string, PreviewTable>>,
): Promise<MappingPreview> {
  const { createBuildContext, createInPlaceRunner } = await import('../../../../engine/expression/browser.ts');
  const build = createBuildContext({ pool: createInPlaceRunner() });
  return previewMapping(mapping, mappingSample(sample), tables, build);
}

function mappingSample({ data, headers, keys, nodes }: ScopeSample): MappingSample {
  return {
    data,
    headers: (headers ?? {}) as Readonly<Record<string, string>>,
    keys: (keys ?? {}) as Readonly<Record<string, string>>,
    nodes: nodes ?? {},
  };
}
