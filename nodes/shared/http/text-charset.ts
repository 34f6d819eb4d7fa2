import iconv from 'iconv-lite';
import { AppError } from '../../../engine/contract/errors.ts';

export function decodeText(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw new AppError('CHARSET_INVALID', 'input', `The payload is not valid ${charset}.`, { fix: 'Name the charset it is really in.' });
  }
}

export function encodeText(text: string, charset: string): Buffer {
  return iconv.encode(text, charset);
}
