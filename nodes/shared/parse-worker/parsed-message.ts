import { AppError } from '../../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../../engine/contract/values/message.ts';

/** Returns the source to parse. Throws `code` (input) if the data is neither text nor bytes. */
export function sourceOf({ data }: Message, code: 'JSON_INPUT' | 'XML_INPUT'): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  throw new AppError(code, 'input', 'The message is neither text nor bytes.', { fix: 'It may already be parsed: remove this node.' });
}

/** Returns the message with the parsed data. Parsed data has no charset. */
export function asParsed(message: Message, data: unknown): Message {
  const { charset: _text, ...rest } = withData(message, data, 'application/json');
  return rest;
}
