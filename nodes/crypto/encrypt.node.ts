import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { IV_BYTES, type Sm2Key, type Sm4Key } from './compute.ts';
import { contentInvalid } from './errors.ts';
import { compileContent, compileInput } from '../shared/compile-input.ts';
import { decodedBytes, EncodingField, encoded, operandField, plainBytes, type Encoding } from './fields.ts';
import { probeCrypto } from './probe.ts';
import { cipherKey, runCrypto } from './use-key.ts';

const Config = Type.Object(
  {
    content: operandField(
      '明文',
      'Plain text',
      '文本（按 UTF-8）或字节；不填时为消息的数据。',
      'Text (in UTF-8) or bytes; if left out, the data of the message.',
    ),
    iv: operandField(
      '初始向量 iv',
      'Initialisation vector (iv)',
      '仅 SM4-GCM（12 字节）和 SM4-CBC（16 字节）。不填时每次随机生成，最为安全；仅在对方约定固定值时填写。',
      'SM4-GCM (12 bytes) and SM4-CBC (16 bytes) only. If left out, each is random, which is safest; fill it in only if the other side agreed on one.',
    ),
    encoding: EncodingField,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Encrypts content by the key of the adapter: SM2 or SM4. */
export default defineNode({
  type: 'crypto.encrypt',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'lock',
  text: {
    label: { 'zh-CN': '加密', en: 'Encrypt' },
    help: {
      'zh-CN': '用适配器的密钥以 SM2 或 SM4 加密内容。',
      en: 'Encrypts content by SM2 or SM4 with the key of the adapter.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'crypto',
  // A ciphertext differs each time, so the result is recorded like that of a query.
  effect: 'read',
  config: Config,
  expressions: ['/content/expression', '/iv/expression'],
  probe: probeCrypto,
  prepare: ({ content, iv, encoding }: Config, build) => {
    const readContent = compileContent('/content', content, build);
    const readIv = compileInput('/iv', iv, build);
    return async (ctx, message) => {
      const key = await cipherKey(ctx, 'encrypt');
      const plain = plainBytes(await readContent(ctx.scope), 'content');
      // Of SM2, an empty plain text cannot be told from a damaged one.
      if (key.kind === 'sm2' && plain.length === 0) throw contentInvalid('content', 'absent');
      const result = await runCrypto({ do: 'encrypt', key, content: plain, iv: ivOf(await readIv(ctx.scope), key, encoding) }, ctx);
      const parts = Object.entries({ iv: result.iv, tag: result.tag }).flatMap(([name, bytes]) =>
        bytes === undefined ? [] : [[name, encoded(bytes, encoding)] as const],
      );
      const data = { ciphertext: encoded(result.bytes, encoding), ...Object.fromEntries(parts), algorithm: key.algorithm };
      return { emit: { ok: [withData(message, data, 'application/json')] } };
    };
  },
});

function ivOf(given: unknown, key: Sm2Key | Sm4Key, encoding: Encoding): Uint8Array | undefined {
  if (given === undefined || given === null || key.kind === 'sm2' || key.algorithm === 'SM4-ECB') return undefined;
  const iv = decodedBytes(given, encoding, 'iv');
  if (iv.length !== IV_BYTES[key.algorithm]) throw contentInvalid('iv', 'length');
  return iv;
}
