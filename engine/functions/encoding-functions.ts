import { base64, hex } from '@scure/base';
import { argument, bytesOf, onText, words, type ValueFunction } from './value-function.ts';

const text = argument('文本', 'Text');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Encodings of text. Bytes are always UTF-8; bytes that are not UTF-8 are an error, never replaced. */
export const encodingFunctions: readonly ValueFunction[] = [
  {
    name: 'toBase64',
    group: 'encoding',
    label: words('Base64 编码', 'To Base64'),
    help: words('把文本按 UTF-8 编为 Base64。', 'Encodes a text in UTF-8 as Base64 (RFC 4648).'),
    args: [text],
    examples: [{ args: ['张三'], gives: '5byg5LiJ' }],
    run: onText((value) => base64.encode(bytesOf(value))),
  },
  {
    name: 'fromBase64',
    group: 'encoding',
    label: words('Base64 解码', 'From Base64'),
    help: words('把 Base64 还原为文本；内容不是 UTF-8 时报错。', 'Decodes Base64 to text; fails if the bytes are not UTF-8.'),
    args: [text],
    examples: [{ args: ['5byg5LiJ'], gives: '张三' }],
    run: onText((value) => utf8.decode(base64.decode(value.replaceAll(/\s/g, '')))),
  },
  {
    name: 'toHex',
    group: 'encoding',
    label: words('十六进制编码', 'To hex'),
    help: words('把文本按 UTF-8 编为小写十六进制。', 'Encodes a text in UTF-8 as lower case hexadecimal.'),
    args: [text],
    examples: [{ args: ['张'], gives: 'e5bca0' }],
    run: onText((value) => hex.encode(bytesOf(value))),
  },
  {
    name: 'fromHex',
    group: 'encoding',
    label: words('十六进制解码', 'From hex'),
    help: words('把十六进制还原为文本；内容不是 UTF-8 时报错。', 'Decodes hexadecimal to text; fails if the bytes are not UTF-8.'),
    args: [text],
    examples: [{ args: ['E5BCA0'], gives: '张' }],
    run: onText((value) => utf8.decode(hex.decode(value.toLowerCase()))),
  },
  {
    name: 'encodeUrlComponent',
    group: 'encoding',
    label: words('网址编码', 'Encode for a URL'),
    help: words('把文本编码，用作网址中的一个参数值。', 'Encodes a text as one value of a URL.'),
    args: [text],
    examples: [{ args: ['内科&1'], gives: '%E5%86%85%E7%A7%91%261' }],
    run: onText((value) => encodeURIComponent(value)),
  },
  {
    name: 'decodeUrlComponent',
    group: 'encoding',
    label: words('网址解码', 'Decode from a URL'),
    help: words('还原网址中的一个参数值。', 'Decodes one value of a URL.'),
    args: [text],
    examples: [{ args: ['%E5%86%85%E7%A7%91%261'], gives: '内科&1' }],
    run: onText((value) => decodeURIComponent(value)),
  },
];
