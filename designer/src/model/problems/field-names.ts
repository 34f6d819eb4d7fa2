/** The names of a flow's fields as its forms show them: the name of `/config/method` is 方法. Pure. */
import { FlowDocument, FlowEdge, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import type { FieldText, Text } from '../../../../engine/contract/values/texts.ts';
import { unitOf } from '../schema/in-unit.ts';
import type { NodeTypes } from '../flow/node-types.ts';

interface Schema {
  readonly text?: FieldText;
  readonly editor?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
}

export interface NamedField {
  readonly label: string;
  /** Labels for the options of a choice. The key is the value of the option. */
  readonly options: Readonly<Record<string, Text>>;
  /** The unit of a number, for example `duration-ms` or `moment`. */
  readonly unit?: string;
}

/**
 * Names a field of a node of this type. `pointer` is relative to the node: `/config/method`, `/handling/retry/max`,
 * `/label`.
 */
export function nodeField(types: NodeTypes, type: string, pointer: string, language: keyof Text): NamedField {
  const inConfig = /^\/config(?=\/)/.test(pointer);
  const config = types.get(type)?.config as Schema | undefined;
  // The form of a node shows only its configuration, so leave out the word "configuration".
  return inConfig ? fieldOf(config, pointer.slice('/config'.length), language) : fieldOf(FlowNode as Schema, pointer, language);
}

export function edgeField(pointer: string, language: keyof Text): NamedField {
  return fieldOf(FlowEdge as Schema, pointer, language);
}

/** Names a setting of a flow, for example `/ingress/lane/key`. */
export function flowField(pointer: string, language: keyof Text): NamedField {
  return fieldOf(FlowDocument as Schema, pointer, language);
}

/** Names a field of documents with this schema. */
export function fieldOf(schema: Schema | undefined, pointer: string, language: keyof Text): NamedField {
  const words: string[] = [];
  let at = schema;
  for (const name of stepsOf(pointer)) {
    at = stepInto(at, name);
    words.push(at?.text?.label[language] ?? (/^\d+$/.test(name) ? String(Number(name) + 1) : name));
  }
  const unit = at?.editor ?? unitOf(stepsOf(pointer).at(-1));
  return { label: words.join(' › '), options: at?.text?.options ?? {}, ...(unit === undefined ? {} : { unit }) };
}

/** Returns the schema at the pointer; undefined if the schema does not define it. */
export function schemaAt(schema: Schema, pointer: string): Schema | undefined {
  return stepsOf(pointer).reduce<Schema | undefined>(stepInto, schema);
}

function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function stepInto(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema === undefined) return undefined;
  const { properties, patternProperties, items, anyOf = [] } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  if (items !== undefined && /^\d+$/.test(name)) return items;
  const inMember = anyOf.map((member) => stepInto(member, name)).find((found) => found !== undefined);
  // The name itself was chosen by the author, so it has no label. The fields below it have labels.
  return inMember ?? withoutText(Object.values(patternProperties ?? {})[0]);
}

function withoutText(schema: Schema | undefined): Schema | undefined {
  if (schema === undefined) return undefined;
  const { text: _text, ...rest } = schema;
  return rest;
}
