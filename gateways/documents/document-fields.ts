import { Type, type TSchemaOptions } from 'typebox';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { fieldEditor, fieldText, NAME_PROPERTIES } from '../../engine/contract/values/texts.ts';

export const closed = { additionalProperties: false } as const;
/** Returns a schema for one of these names. Mapping the list to literals alone would lose their types. */
export const OneOf = <const Names extends readonly string[]>(names: Names, more: TSchemaOptions = {}) =>
  Type.Unsafe<Names[number]>(
    Type.Union(
      names.map((name) => Type.Literal(name)),
      more,
    ),
  );
export const Id = (prefix: string, more: TSchemaOptions = {}) => Type.String({ ...more, pattern: `^${prefix}_[A-Za-z0-9_-]{1,60}$` });
export const Name = () => Type.Object(NAME_PROPERTIES, { ...fieldText('名称', 'Name'), ...fieldEditor('text-both'), ...closed });
export const Domain = Type.String({
  ...fieldText(
    '服务域',
    'Domain',
    '医院或部门；只有拥有该服务域的账号能查看和修改。',
    'A hospital or department; accounts with this domain see and edit it.',
    {
      example: 'sh-city',
    },
  ),
  ...fieldEditor('domain'),
  minLength: 1,
  maxLength: 64,
  pattern: PLAIN_LINE,
});
