import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileContent, compileInput } from '../shared/compile-input.ts';
import { decodedBytes, EncodingField, operandField, plainBytes } from './fields.ts';
import { probeCrypto } from './probe.ts';
import { runCrypto, signingKey } from './use-key.ts';

const Config = Type.Object(
  {
    content: operandField(
      '签名内容',
      'Content',
      '对方签名的原文：文本（按 UTF-8）或字节；不填时为消息的数据。',
      'What the sender signed: text (in UTF-8) or bytes; if left out, the data of the message.',
    ),
    signature: Type.Union(Operand.anyOf, {
      ...fieldText('签名', 'Signature', '对方随消息送来的签名。', 'The signature that came with the message.', {
        example: 'headers.`x-signature`',
      }),
      ...fieldEditor('operand'),
      default: { path: 'headers.`x-signature`' },
    }),
    encoding: EncodingField,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Lets a message pass only if its signature is valid. */
export default defineNode({
  type: 'crypto.verify',
  major: 1,
  kind: 'action',
  category: 'check',
  icon: 'shield-check',
  text: {
    label: { 'zh-CN': '验签', en: 'Verify a signature' },
    help: {
      'zh-CN': '用适配器的密钥检查 HMAC 或 SM2 签名；无效的消息从错误端口离开。',
      en: 'Checks an HMAC or SM2 signature by the key of the adapter; a message with an invalid one leaves by the error port.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'crypto',
  effect: 'read',
  config: Config,
  expressions: ['/content/expression', '/signature/expression'],
  probe: probeCrypto,
  prepare: ({ content, signature, encoding }: Config, build) => {
    const readContent = compileContent('/content', content, build);
    const readSignature = compileInput('/signature', signature, build);
    return async (ctx, message) => {
      const key = await signingKey(ctx, 'verify');
      const signed = plainBytes(await readContent(ctx.scope), 'content');
      const given = decodedBytes(await readSignature(ctx.scope), encoding, 'signature');
      await runCrypto({ do: 'verify', key, content: signed, signature: given }, ctx);
      return { emit: { ok: [message] } };
    };
  },
});
