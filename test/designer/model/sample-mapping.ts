/** A sample, its source tree, and mappings made by the edits that are tested: each is checked against the engine's schema. */
import assert from 'node:assert/strict';
import { Check } from 'typebox/value';
import { connect, type ConnectHow } from '../../../designer/src/model/mapping/connect-mapping.ts';
import { addFields, type Edited } from '../../../designer/src/model/mapping/edit-mapping.ts';
import { allSources, hasPlainItems, isListSource, listsOf, sourceTree } from '../../../designer/src/model/mapping/source-tree.ts';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { compileMapping } from '../../../nodes/shared/mapping/compile-mapping.ts';
import { MappingSchema, type Mapping } from '../../../nodes/shared/mapping/mapping-document.ts';
import { engineBuild } from '../../nodes/support/engine-build.ts';

export const SAMPLE = {
  patient: { id: 'P1', name: ' 虚构甲 ', sex: 'M', birth: '19900102' },
  phones: ['1', '2'],
  orders: [
    { no: 'A', price: 2, lines: [{ code: 'x', tags: ['u'] }] },
    { no: 'B', price: 3, lines: [] },
  ],
};
export const SOURCES = sourceTree(
  [
    { path: 'data', sample: SAMPLE },
    { path: 'nodes.n_call', sample: { id: 'C' }, note: '接口请求触发' },
  ],
  [],
);
export const isList = listsOf(SOURCES);
export const EMPTY: Mapping = { rules: [] };

export function source(path: string) {
  const node = allSources(SOURCES).find((one) => one.path === path);
  assert.ok(node !== undefined, path);
  return { path, isList: isListSource(node), hasPlainItems: hasPlainItems(node) };
}

export function done(edited: Edited): Mapping {
  assert.ok('mapping' in edited, 'refusal' in edited ? edited.refusal : '');
  const isValid: boolean = Check(MappingSchema, edited.mapping);
  assert.ok(isValid, JSON.stringify(edited.mapping));
  return edited.mapping;
}

export function link(mapping: Mapping, path: string, target: string, how: ConnectHow = 'replace'): Mapping {
  return done(connect(mapping, { source: source(path), target, how }, isList));
}

export function withFields(...fields: readonly string[]): Mapping {
  return done(
    addFields(
      EMPTY,
      fields.map((to) => ({ to })),
    ),
  );
}

/** What the engine’s compiler has against it. */
export function compileIssues(mapping: Mapping): { readonly issues: readonly unknown[] } {
  try {
    compileMapping(mapping, engineBuild());
    return { issues: [] };
  } catch (error) {
    return { issues: (error as AppError).issues };
  }
}
