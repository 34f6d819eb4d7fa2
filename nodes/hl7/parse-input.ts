/** What both versions of `hl7.parse` do before the message becomes data. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { headerField, type Hl7Message } from '../shared/hl7/message.ts';

export const typesField = Type.Array(Type.String({ ...fieldEditor('hl7-type'), pattern: '^[A-Z0-9]{3}(\\^[A-Z0-9]{3})?$' }), {
  ...fieldText('允许的消息类型', 'Allowed types', '空表示不限。', 'Empty: all are allowed.', { example: 'ADT^A01' }),
  default: [],
  maxItems: 100,
});

/** Returns the text of the message. Throws HL7_MALFORMED (input) if the data is neither text nor bytes. */
export function textOf({ data, charset }: Message): { readonly text: string; readonly charset: string | undefined } {
  if (typeof data === 'string') return { text: data, charset };
  if (data instanceof Uint8Array) return decodeHl7(data, charset);
  throw new AppError('HL7_MALFORMED', 'input', 'The data is neither text nor bytes.', {
    values: { problem: 'input' },
    fix: 'Use this node while the message is still HL7 text.',
  });
}

/** Throws HL7_TYPE_UNEXPECTED (input) if the message has a type that the flow does not accept. */
export function checkType(message: Hl7Message, types: readonly string[]): void {
  const [kind = '', event = ''] = headerField(message, 9).split(message.delimiters.component);
  if (types.length === 0 || types.includes(kind) || types.includes(`${kind}^${event}`)) return;
  throw new AppError('HL7_TYPE_UNEXPECTED', 'input', 'The message has a type that this flow does not accept.', {
    values: { types: types.join('、') },
    fix: `Send one of ${types.join(', ')}, or extend the node's list.`,
  });
}
