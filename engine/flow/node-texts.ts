import { fieldKind } from '../contract/values/field-kind.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import type { NodeDefinition } from '../contract/node/node.ts';

/**
 * A text in a configuration that reads from the scope: an expression, a scope path, a text with `{paths}` in it, or a
 * script.
 */
export interface NodeText {
  /** JSON Pointer into the configuration. */
  readonly path: string;
  readonly text: string;
  readonly kind: 'expression' | 'path' | 'template' | 'script';
}

/**
 * Returns every text of a configuration that reads from the scope: those that the definition names, and operands
 * anywhere (in conditions, mapping rules, loops). Leaves out fixed values and JSON Schemas, because their content is
 * data.
 */
export function nodeTexts(config: Readonly<Record<string, unknown>>, definition: NodeDefinition): readonly NodeText[] {
  const found = new Map<string, NodeText>();
  for (const pointer of definition.expressions ?? []) {
    for (const { path, text } of textsAt(config, pointer.split('/').slice(1))) found.set(path, { path, text, kind: 'expression' });
  }
  const properties = definition.config.properties as Readonly<Record<string, unknown>> | undefined;
  for (const [name, value] of Object.entries(config)) {
    const kind = fieldKind(properties?.[name]);
    const path = pointerStep(name);
    if (kind === 'script' && typeof value === 'string') found.set(path, { path, text: value, kind });
    else if (kind !== 'json-schema') collect(value, path, found);
  }
  return [...found.values()];
}

function collect(value: unknown, path: string, found: Map<string, NodeText>): void {
  if (typeof value === 'string') {
    if (value.includes('{nodes.') && !found.has(path)) found.set(path, { path, text: value, kind: 'template' });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const here = path + pointerStep(name);
    if (isRecord(value) && (name === 'value' || name === 'default')) continue;
    if (isRecord(value) && (name === 'expression' || name === 'path') && typeof inner === 'string') {
      if (!found.has(here)) found.set(here, { path: here, text: inner, kind: name });
    } else collect(inner, here, found);
  }
}

function textsAt(value: unknown, steps: readonly string[], path = ''): { readonly path: string; readonly text: string }[] {
  const [step, ...rest] = steps;
  if (step === undefined) return typeof value === 'string' ? [{ path, text: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  const names = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  return names.flatMap((name) => textsAt((value as Readonly<Record<string, unknown>>)[name], rest, path + pointerStep(name)));
}
