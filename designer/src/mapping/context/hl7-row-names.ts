/**
 * The names of rows of a parsed HL7 message: `data.PID[0].f5[0].c1` is PID-5.1, the family name, and
 * `data.PID[0].f3[0].c4s1` (in version 1 `c4.s1`) is PID-3.4.1. Pure.
 */
import { defineTexts, translateWith, type Language } from '../../i18n/text-pairs.ts';
import type { SourceNode } from '../../model/mapping/source-tree.ts';
import { hl7FieldName, hl7SegmentName, hl7SubcomponentName } from '../../viewer/hl7-names.ts';

const TEXTS = defineTexts({
  segments: ['每一段', 'Every segment'],
  repetitions: ['每次重复', 'Every repetition'],
});

const PLACE = /^([A-Z][A-Z0-9]{2})(?:\[0\](?:\.f(\d+)(?:\[0\](?:\.c(\d+)(?:\.?s(\d+))?)?)?)?)?$/;

export interface Hl7RowName {
  /** The number in the HL7 standard, for example `PID-3.1`. */
  readonly place: string;
  /** The name in the standard; undefined if the standard gives none. */
  readonly name: string | undefined;
}

/**
 * Returns a function that names rows of HL7 messages. Data counts as an HL7 message only if it has an MSH segment,
 * because other data may use the same keys for something else.
 */
export function hl7RowNames(sources: readonly SourceNode[]): (path: string, language: Language) => Hl7RowName | undefined {
  const roots = sources.filter(({ children }) => children.some(({ name }) => name === 'MSH')).map(({ path }) => path);
  return (path, language) => {
    const root = roots.find((one) => path.startsWith(`${one}.`));
    const place = root === undefined ? null : PLACE.exec(path.slice(root.length + 1));
    return place === null ? undefined : nameOf(place, path.endsWith('[0]'), language);
  };
}

/**
 * Leaves out rows that only repeat their neighbour: the first subcomponent of a component that has no others, neither in
 * the sample nor in the standard, and the original text of segments. Rows that rules read always stay.
 */
export function withoutRepeatedRows(sources: readonly SourceNode[], read: readonly string[]): readonly SourceNode[] {
  const used = new Set(read);
  return sources.map((root) => (root.children.some(({ name }) => name === 'MSH') ? pruned(root, root.path, used) : root));
}

function pruned(node: SourceNode, root: string, used: ReadonlySet<string>): SourceNode {
  const names = new Set(node.children.map(({ name }) => name));
  const children = node.children.filter(({ name, path }) => used.has(path) || !isRepeated(name, path.slice(root.length + 1), names));
  return { ...node, children: children.map((child) => pruned(child, root, used)) };
}

function isRepeated(name: string, path: string, siblings: ReadonlySet<string>): boolean {
  const [, segment = '', field, component, subcomponent] = PLACE.exec(path) ?? [];
  if (subcomponent === undefined) return name === 'raw' && /^[A-Z][A-Z0-9]{2}\[0\]\.raw$/.test(path);
  const place = { segment, field: Number(field), component: Number(component), subcomponent: 1 };
  return name === `c${component}s1` && !siblings.has(`c${component}s2`) && hl7SubcomponentName(place, 'en') === undefined;
}

function nameOf([, segment = '', ...numbers]: RegExpExecArray, isItem: boolean, language: Language): Hl7RowName {
  const t = translateWith(TEXTS, language);
  const [field, component, subcomponent] = numbers.map((text) => (text === undefined ? undefined : Number(text)));
  if (field === undefined)
    return isItem ? { place: t('segments'), name: undefined } : { place: segment, name: hl7SegmentName(segment, language) };
  if (isItem) return { place: t('repetitions'), name: undefined };
  const place = `${segment}-${[field, component, subcomponent].filter((number) => number !== undefined).join('.')}`;
  if (component === undefined || subcomponent === undefined) return { place, name: hl7FieldName(segment, field, component, language) };
  return { place, name: hl7SubcomponentName({ segment, field, component, subcomponent }, language) };
}
