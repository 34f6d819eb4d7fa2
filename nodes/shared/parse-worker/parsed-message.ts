import { AppError } from '../../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../../engine/contract/values/message.ts';

/** The source to parse; data that is neither text nor bytes fails with the code (input). */
export function sourceOf({ data }: Message, code: 'JSON_INPUT' | 'XML_INPUT'): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  throw new AppError(code, 'input', 'The message is neither text nor bytes.', { fix: 'It may be parsed already: leave this node out.' });
}

/** Parsed data no longer has a charset. */
export function asParsed(message: Message, data: unknown): Message {
  const { charset: _text, ...rest } = withData(message, data, 'application/json');
  return rest;
}
