/** Fields of the crypto nodes, and the bytes of their inputs. */
import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { contentInvalid } from './errors.ts';

export const EncodingField = Type.Union([Type.Literal('base64'), Type.Literal('hex')], {
  ...fieldText('编码', 'Encoding', '签名、密文、iv 和 tag 写成的文本。', 'The text form of signatures, ciphertexts, iv and tag.', {
    options: { base64: ['Base64', 'Base64'], hex: ['十六进制', 'Hexadecimal'] },
  }),
  default: 'base64',
});
export type Encoding = Static<typeof EncodingField>;

export function operandField(zhCN: string, en: string, helpZhCN: string, helpEn: string) {
  return Type.Optional(Type.Union(Operand.anyOf, { ...fieldText(zhCN, en, helpZhCN, helpEn), ...fieldEditor('operand') }));
}

/** The bytes that are signed or encrypted: text in UTF-8, bytes as they are. Throws CRYPTO_CONTENT (input). */
export function plainBytes(value: unknown, field: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value);
  throw contentInvalid(field, value === undefined || value === null ? 'absent' : 'type');
}

/** The bytes of a signature, a ciphertext, an iv or a tag. Throws CRYPTO_CONTENT (input). */
export function decodedBytes(value: unknown, encoding: Encoding, field: string): Uint8Array {
  if (typeof value !== 'string') return plainBytes(value, field);
  const text = value.replaceAll(/\s/g, '');
  const isValid = encoding === 'hex' ? /^([0-9a-f]{2})+$/i.test(text) : /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 !== 1;
  if (!isValid) throw contentInvalid(field, text === '' ? 'absent' : 'encoding');
  return Buffer.from(text, encoding);
}

export function encoded(bytes: Uint8Array, encoding: Encoding): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}
