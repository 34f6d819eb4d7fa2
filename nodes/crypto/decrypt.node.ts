import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { IV_BYTES, type Sm2Key, type Sm4Key, type Sm4Parts } from './compute.ts';
import { contentInvalid, decryptionFailed } from './errors.ts';
import { compileContent, compileInput } from '../shared/compile-input.ts';
import { decodedBytes, EncodingField, operandField, type Encoding } from './fields.ts';
import { probeCrypto } from './probe.ts';
import { cipherKey, runCrypto } from './use-key.ts';

const TAG_BYTES = 16;

const Config = Type.Object(
  {
    ciphertext: operandField(
      '密文',
      'Ciphertext',
      '按下面的编码写成的文本，或字节；不填时为消息的数据。',
      'Text in the encoding below, or bytes; if left out, the data of the message.',
    ),
    iv: operandField('初始向量 iv', 'Initialisation vector (iv)', 'SM4-GCM 和 SM4-CBC 必填。', 'Required for SM4-GCM and SM4-CBC.'),
    tag: operandField('校验值 tag', 'Tag', 'SM4-GCM 必填，16 字节。', 'Required for SM4-GCM: 16 bytes.'),
    encoding: EncodingField,
    as: Type.Union([Type.Literal('text'), Type.Literal('bytes')], {
      ...fieldText(
        '明文为',
        'Plain text as',
        '文本按 UTF-8 读取；不是 UTF-8 时报错。',
        'Text is read as UTF-8, and anything else is an error.',
        {
          options: { text: ['文本', 'Text'], bytes: ['字节', 'Bytes'] },
        },
      ),
      default: 'text',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Decrypts content by the key of the adapter: SM2 or SM4. */
export default defineNode({
  type: 'crypto.decrypt',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'lock-open',
  text: {
    label: { 'zh-CN': '解密', en: 'Decrypt' },
    help: {
      'zh-CN': '用适配器的密钥以 SM2 或 SM4 解密内容。',
      en: 'Decrypts content by SM2 or SM4 with the key of the adapter.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'crypto',
  effect: 'read',
  config: Config,
  expressions: ['/ciphertext/expression', '/iv/expression', '/tag/expression'],
  probe: probeCrypto,
  prepare: (config: Config, build) => {
    const { encoding, as } = config;
    const readContent = compileContent('/ciphertext', config.ciphertext, build);
    const readIv = compileInput('/iv', config.iv, build);
    const readTag = compileInput('/tag', config.tag, build);
    return async (ctx, message) => {
      const key = await cipherKey(ctx, 'decrypt');
      const content = decodedBytes(await readContent(ctx.scope), encoding, 'ciphertext');
      const parts = partsOf(key, await readIv(ctx.scope), await readTag(ctx.scope), encoding);
      const { bytes } = await runCrypto({ do: 'decrypt', key, content, ...parts }, ctx);
      return { emit: { ok: [as === 'text' ? withData(message, textOf(bytes), 'text/plain') : withData(message, bytes, BYTES)] } };
    };
  },
});

const BYTES = 'application/octet-stream';

function partsOf(key: Sm2Key | Sm4Key, iv: unknown, tag: unknown, encoding: Encoding): Sm4Parts {
  if (key.kind === 'sm2' || key.algorithm === 'SM4-ECB') return {};
  const sized = (value: unknown, field: string, size: number) => {
    const bytes = decodedBytes(value, encoding, field);
    if (bytes.length !== size) throw contentInvalid(field, 'length');
    return bytes;
  };
  const start = sized(iv, 'iv', IV_BYTES[key.algorithm]);
  return key.algorithm === 'SM4-GCM' ? { iv: start, tag: sized(tag, 'tag', TAG_BYTES) } : { iv: start };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The same error as for a wrong padding: another one would tell an attacker which ciphertexts are well-formed.
    throw decryptionFailed();
  }
}
