/** Reads and replaces parts of a mapping by JSON Pointer; all other parts stay the same objects. */
import type { Mapping, MappingRule, MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';

type Container = Readonly<Record<string, unknown>> | readonly unknown[];

export function ruleAt(mapping: Mapping, pointer: string): MappingRule | undefined {
  return valueAt(mapping, pointer) as MappingRule | undefined;
}

export function sourceAt(mapping: Mapping, pointer: string): MappingSource | undefined {
  return valueAt(mapping, pointer) as MappingSource | undefined;
}

export function rulesAt(mapping: Mapping, level: string): readonly MappingRule[] {
  return (valueAt(mapping, level) as readonly MappingRule[] | undefined) ?? [];
}

/** Sets a part of the mapping. An undefined value removes the part, or the item of a list. */
export function withPart(mapping: Mapping, pointer: string, value: unknown): Mapping {
  return replaced(mapping, stepsOf(pointer), value) as Mapping;
}

export function withRule(mapping: Mapping, level: string, rule: MappingRule): Mapping {
  return withPart(mapping, level, [...rulesAt(mapping, level), rule]);
}

/** Returns the pointer of the innermost rule that contains the place. */
export function rulePointer(pointer: string): string {
  return /^(?:.*\/)?rules\/\d+/.exec(pointer)?.[0] ?? '';
}

function valueAt(mapping: Mapping, pointer: string): unknown {
  return stepsOf(pointer).reduce<unknown>(
    (value, step) => (isContainer(value) ? (value as Record<string, unknown>)[step] : undefined),
    mapping,
  );
}

function stepsOf(pointer: string): readonly string[] {
  return pointer.split('/').slice(1);
}

function replaced(value: unknown, [step, ...rest]: readonly string[], next: unknown): unknown {
  if (step === undefined) return next;
  if (!isContainer(value)) return value;
  const inner = replaced((value as Record<string, unknown>)[step], rest, next);
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    const index = Number(step);
    return inner === undefined ? list.toSpliced(index, 1) : list.with(index, inner);
  }
  if (inner !== undefined) return { ...value, [step]: inner };
  const { [step]: _gone, ...kept } = value as Readonly<Record<string, unknown>>;
  return kept;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
