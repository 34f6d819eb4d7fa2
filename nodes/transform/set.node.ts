import { Type } from 'typebox';
import { atField } from '../../engine/contract/values/at-field.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type Scope } from '../../engine/contract/node/node.ts';
import { parseFieldPath, type PathStep } from '../../engine/contract/flow/scope-path.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileInput } from '../shared/compile-input.ts';

const Field = Type.Object(
  {
    to: Type.String({
      ...fieldText('目标字段', 'Field', 'data 即整个数据。', 'data is the complete data.', { example: 'data.patient.name' }),
      ...fieldEditor('field-path'),
      pattern: '^(data|(data|headers|keys)\\..+)$',
      maxLength: 1000,
    }),
    from: Type.Union(Operand.anyOf, {
      ...fieldText('值', 'Value', '没有值时去掉该字段。', 'If the value is absent, the field is removed.'),
      ...fieldEditor('operand'),
    }),
  },
  { additionalProperties: false },
);

/** Sets single fields of the message and leaves the rest unchanged; an absent value removes the field. */
export default defineNode({
  type: 'transform.set',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'pencil',
  text: {
    label: { 'zh-CN': '设置字段', en: 'Set fields' },
    help: { 'zh-CN': '设置或删除消息的个别字段、头和业务键，其余不变。', en: 'Sets or removes single fields, headers and business keys.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      fields: Type.Array(Field, {
        ...fieldText(
          '字段',
          'Fields',
          '例如 data.patient.name、headers.x-source、keys.patientId；data 即整个数据。',
          'For example data.patient.name, headers.x-source, keys.patientId; data is the complete data.',
        ),
        minItems: 1,
        maxItems: 200,
      }),
    },
    { additionalProperties: false },
  ),
  expressions: ['/fields/*/from/expression'],
  prepare(config, build) {
    const fields = config.fields.map(({ to, from }, index) => ({
      steps: atField(`/fields/${index}/to`, () => parseFieldPath(to)),
      read: compileInput(`/fields/${index}/from`, from, build),
    }));
    return async (ctx, message) => {
      let changed = message;
      for (const { steps, read } of fields) {
        const scope: Scope = { ...ctx.scope, message: changed };
        changed = setField(changed, steps, await read(scope));
      }
      return { emit: { ok: [changed] } };
    };
  },
});

function setField(message: Message, [part, ...steps]: readonly PathStep[], value: unknown): Message {
  if (part === 'data') {
    const { blob: _stored, ...rest } = message;
    return { ...rest, data: withField(message.data, steps, value) };
  }
  const name = part === 'headers' ? steps.join('.').toLowerCase() : steps.join('.');
  const { [name]: _old, ...rest } = part === 'headers' ? message.headers : message.keys;
  if (value !== undefined && value !== null && typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new AppError('SET_NOT_TEXT', 'input', `The field ${String(part)}.${name} must be a text, not a structure.`, {
      values: { field: `${String(part)}.${name}` },
      fix: 'Choose a single value for it.',
    });
  }
  const fields = value === undefined || value === null ? rest : { ...rest, [name]: String(value) };
  return part === 'headers' ? { ...message, headers: fields } : { ...message, keys: fields };
}

/** Returns a copy with the field set. The copy shares all unchanged parts. */
function withField(container: unknown, [step, ...rest]: readonly PathStep[], value: unknown): unknown {
  if (step === undefined) return value;
  const isList = typeof step === 'number';
  const isThere = typeof container === 'object' && container !== null && !(container instanceof Uint8Array);
  if (isThere && Array.isArray(container) !== isList) {
    throw new AppError('SET_SHAPE_CLASH', 'input', `"${step}" cannot be set: the data has ${isList ? 'an object' : 'a list'} there.`, {
      values: { problem: isList ? 'object' : 'list', field: String(step) },
      fix: 'Correct the path.',
    });
  }
  if (isList) {
    const items = isThere ? [...(container as unknown[])] : [];
    if (step < 0 || step > items.length)
      throw new AppError('SET_SHAPE_CLASH', 'input', `The list has no position ${step}.`, {
        values: { problem: 'position', position: step },
        fix: 'Correct the position.',
      });
    items[step] = withField(items[step], rest, value);
    return items;
  }
  const { [step]: old, ...others } = isThere ? (container as Record<string, unknown>) : {};
  const inner = withField(old, rest, value);
  return inner === undefined ? others : { ...others, [step]: inner };
}
