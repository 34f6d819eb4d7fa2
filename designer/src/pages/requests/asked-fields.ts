/**
 * The labels for fields of requested objects, as in their forms, including the settings of protocols and policies.
 * Pure.
 */
import type { AdapterTypeDescription, PolicyDescription } from '../../api/operations.ts';
import { AdapterDocument } from '../../../../engine/contract/node/adapter.ts';
import { pointerStep } from '../../../../engine/contract/schema/schema-problem.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { GrantDocument } from '../../../../gateways/documents/caller-documents.ts';
import { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import { asField, type FieldSchema } from '../../kit/form/field-schema.ts';
import { inUnit, unitOf, type Units } from '../../model/schema/in-unit.ts';
import { fieldOf, schemaAt } from '../../model/problems/field-names.ts';
import type { FieldWords } from '../audit/changed-fields.ts';

export const GRANT_FIELDS: FieldSchema = asField(GrantDocument);

export function interfaceFields(policies: readonly Pick<PolicyDescription, 'name' | 'text' | 'options'>[]): FieldSchema {
  const options = policies.map(({ name, text, options }) => [name, { ...(options as FieldSchema), text }] as const);
  return withFields(asField(InterfaceDocument), 'policies', { properties: Object.fromEntries(options) });
}

/** Returns the fields of an adapter. `type` is undefined until it is loaded. */
export function adapterFields(type: Pick<AdapterTypeDescription, 'settings'> | undefined): FieldSchema {
  const whole = asField(AdapterDocument);
  return type === undefined ? whole : withFields(whole, 'environments', { patternProperties: { '': type.settings as FieldSchema } });
}

function withFields(schema: FieldSchema, name: string, fields: FieldSchema): FieldSchema {
  const { text } = schema.properties?.[name] ?? {};
  return {
    ...schema,
    properties: { ...schema.properties, [name]: { type: 'object', ...(text === undefined ? {} : { text }), ...fields } },
  };
}

const SWITCH: Readonly<Record<string, Text>> = { true: { 'zh-CN': '是', en: 'Yes' }, false: { 'zh-CN': '否', en: 'No' } };

export function fieldWords(schema: FieldSchema, language: keyof Text, format: Units): FieldWords {
  const at = (path: readonly string[]) => schemaAt(schema, pointerOf(path)) as FieldSchema | undefined;
  return {
    nameOf: (path) => fieldOf(schema, pointerOf(path), language).label,
    valueOf(path, value) {
      const field = at(path);
      const words = field?.text?.options?.[String(value)] ?? (typeof value === 'boolean' ? SWITCH[String(value)] : undefined);
      if (words !== undefined) return words[language];
      if (typeof value === 'number') return inUnit(value, field?.editor ?? unitOf(path.at(-1)), format);
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join('\n');
      return typeof value === 'string' ? value : JSON.stringify(value);
    },
    isOpened(path) {
      const { editor, properties, patternProperties, anyOf } = at(path) ?? {};
      const fields = properties ?? anyOf?.[0]?.properties ?? Object.values(patternProperties ?? {})[0]?.properties;
      return editor !== 'json-schema' && fields !== undefined;
    },
  };
}

function pointerOf(path: readonly string[]): string {
  return path.map(pointerStep).join('');
}
