import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { compileContent } from '../shared/compile-input.ts';
import { EncodingField, encoded, operandField, plainBytes } from './fields.ts';
import { probeCrypto } from './probe.ts';
import { runCrypto, signingKey } from './use-key.ts';

const Config = Type.Object(
  {
    content: operandField(
      '签名内容',
      'Content',
      '文本（按 UTF-8）或字节；不填时为消息的数据。',
      'Text (in UTF-8) or bytes; if left out, the data of the message.',
    ),
    encoding: EncodingField,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Signs content by the key of the adapter: HMAC or SM2. */
export default defineNode({
  type: 'crypto.sign',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'signature',
  text: {
    label: { 'zh-CN': '签名', en: 'Sign' },
    help: {
      'zh-CN': '用适配器的密钥对内容计算 HMAC 或 SM2 签名。',
      en: 'Computes the HMAC or SM2 signature of content by the key of the adapter.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'crypto',
  // An SM2 signature differs each time, so the result is recorded like that of a query.
  effect: 'read',
  config: Config,
  expressions: ['/content/expression'],
  probe: probeCrypto,
  prepare: ({ content, encoding }: Config, build) => {
    const read = compileContent('/content', content, build);
    return async (ctx, message) => {
      const key = await signingKey(ctx, 'sign');
      const { bytes } = await runCrypto({ do: 'sign', key, content: plainBytes(await read(ctx.scope), 'content') }, ctx);
      return { emit: { ok: [withData(message, { signature: encoded(bytes, encoding), algorithm: key.algorithm }, 'application/json')] } };
    };
  },
});
