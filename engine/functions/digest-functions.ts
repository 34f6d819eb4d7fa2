import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hex } from '@scure/base';
import { sm3 } from 'sm-crypto-v2';
import { argument, bytesOf, isAbsent, onText, optional, toText, words, type ValueFunction } from './value-function.ts';

/**
 * Digests of text, in lower case hexadecimal, and ids that depend only on a text. None of them has a key: what needs
 * one is a node, because the key must stay with its adapter.
 */
export const digestFunctions: readonly ValueFunction[] = [
  {
    name: 'sm3',
    group: 'digest',
    label: words('SM3 摘要', 'SM3 digest'),
    help: words(
      '文本（UTF-8）的 SM3 摘要（GB/T 32905），64 位小写十六进制。',
      'SM3 digest (GB/T 32905) of a text in UTF-8: 64 hexadecimal digits.',
    ),
    args: [argument('文本', 'Text')],
    examples: [{ args: ['abc'], gives: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0' }],
    run: onText((value) => sm3(bytesOf(value))),
  },
  {
    name: 'sha256',
    group: 'digest',
    label: words('SHA-256 摘要', 'SHA-256 digest'),
    help: words('文本（UTF-8）的 SHA-256 摘要，64 位小写十六进制。', 'SHA-256 digest of a text in UTF-8: 64 hexadecimal digits.'),
    args: [argument('文本', 'Text')],
    examples: [{ args: ['abc'], gives: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' }],
    run: onText((value) => hex.encode(sha256(bytesOf(value)))),
  },
  {
    name: 'uuid',
    group: 'digest',
    label: words('由文本得出 UUID', 'UUID of a text'),
    help: words(
      '由文本得出 UUID（RFC 9562 第 5 版）：同样的文本总得到同样的 UUID，重试也不变。命名空间默认为 X.500 的命名空间。',
      'UUID version 5 (RFC 9562): the same text always gives the same UUID, also at a retry. The namespace is that of X.500 by default.',
    ),
    args: [argument('文本', 'Text'), optional('命名空间 UUID', 'UUID of the namespace')],
    examples: [{ args: ['www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'], gives: '2ed6657d-e927-568b-95e1-2665a8aea6a2' }],
    run: onText((value, namespace) => uuidOf(value, isAbsent(namespace) ? X500 : toText(namespace))),
  },
];

const X500 = '6ba7b814-9dad-11d1-80b4-00c04fd430c8';

/** Version 5 of RFC 9562, section 5.5. */
function uuidOf(name: string, namespace: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(namespace)) throw new TypeError('the namespace is not a UUID');
  const space = hex.decode(namespace.toLowerCase().replaceAll('-', ''));
  const digest = sha1.create().update(space).update(bytesOf(name)).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const digits = hex.encode(digest.subarray(0, 16));
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}
