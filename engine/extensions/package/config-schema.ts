/**
 * Reads the JSON Schema of a node's configuration, as an extension writes it. Only those kinds of fields are allowed
 * for which the designer has a form. Patterns are not among them: a publisher's pattern could block the event loop.
 */
import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { NAME_PROPERTIES, DESCRIPTION_PROPERTIES } from '../../contract/values/texts.ts';
import { packageInvalid } from './extension-errors.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.Object(NAME_PROPERTIES, closed);
const FieldText = Type.Object(
  {
    label: Name,
    help: Type.Optional(Type.Object(DESCRIPTION_PROPERTIES, closed)),
    example: Type.Optional(Type.String({ maxLength: 200 })),
    options: Type.Optional(Type.Record(Type.String(), Name, closed)),
  },
  closed,
);
const FieldName = '^[a-z][a-zA-Z0-9]{0,39}$';
const text = { text: FieldText };
const length = {
  minLength: Type.Optional(Type.Integer({ minimum: 0 })),
  maxLength: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000 })),
};
const bounds = { minimum: Type.Optional(Type.Number()), maximum: Type.Optional(Type.Number()), default: Type.Optional(Type.Number()) };

const Field = Type.Union([
  Type.Object({ type: Type.Literal('boolean'), ...text, default: Type.Optional(Type.Boolean()) }, closed),
  Type.Object({ type: Type.Literal('integer'), ...text, ...bounds }, closed),
  Type.Object({ type: Type.Literal('number'), ...text, ...bounds }, closed),
  Type.Object(
    {
      type: Type.Literal('string'),
      ...text,
      enum: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 50, uniqueItems: true })),
      ...length,
      default: Type.Optional(Type.String({ maxLength: 20_000 })),
      editor: Type.Optional(Type.Literal('long-text')),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('array'),
      ...text,
      items: Type.Object({ type: Type.Literal('string'), ...length }, closed),
      maxItems: Type.Integer({ minimum: 1, maximum: 200 }),
    },
    closed,
  ),
]);
type Field = Static<typeof Field>;

const ConfigSchema = Type.Object(
  {
    type: Type.Literal('object'),
    properties: Type.Record(Type.String({ pattern: FieldName }), Field, { ...closed, maxProperties: 40 }),
    required: Type.Optional(Type.Array(Type.String({ pattern: FieldName }), { maxItems: 40, uniqueItems: true })),
    additionalProperties: Type.Literal(false),
  },
  closed,
);

/** Returns the schema as the engine uses it. Throws EXTENSION_PACKAGE (input) if it has other kinds of fields. */
export function readConfigSchema(given: unknown, verb: string): TObject {
  if (!Check(ConfigSchema, given)) {
    const [first] = Errors(ConfigSchema, given);
    throw packageInvalid('config', { node: verb, place: first?.instancePath ?? '', why: first?.message ?? '' });
  }
  const required = new Set(given.required);
  const missing = [...required].find((name) => !Object.hasOwn(given.properties, name));
  if (missing !== undefined) throw packageInvalid('config', { node: verb, place: '/required', why: missing });
  const fields = Object.entries(given.properties).map(([name, field]) => {
    const schema = fieldOf(field);
    if ('default' in field && !Check(schema, field.default))
      throw packageInvalid('config', { node: verb, place: `/properties/${name}/default`, why: name });
    return [name, required.has(name) || 'default' in field ? schema : Type.Optional(schema)] as const;
  });
  return Type.Object(Object.fromEntries(fields), closed);
}

function fieldOf(field: Field): TSchema {
  switch (field.type) {
    case 'boolean':
      return Type.Boolean(optionsOf(field));
    case 'integer':
      return Type.Integer(optionsOf(field));
    case 'number':
      return Type.Number(optionsOf(field));
    case 'string': {
      const { enum: values, ...options } = optionsOf(field);
      return values === undefined
        ? Type.String(options)
        : Type.Union(
            values.map((value) => Type.Literal(value)),
            options,
          );
    }
    case 'array': {
      const { items, ...options } = optionsOf(field);
      return Type.Array(Type.String(optionsOf(items)), options);
    }
  }
}

function optionsOf<T extends { readonly type: string }>({ type: _type, ...options }: T): Omit<T, 'type'> {
  return options;
}
