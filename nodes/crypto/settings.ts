/** Settings of a `crypto` adapter per environment. The secret part of its key is the credential. */
import { Type, type Static } from 'typebox';
import { fieldGroup, fieldText, fieldWhen } from '../../engine/contract/values/texts.ts';

const SM2 = fieldWhen('algorithm', 'SM2');

export const CryptoSettings = Type.Object(
  {
    algorithm: Type.Union(
      [
        Type.Literal('HMAC-SM3'),
        Type.Literal('HMAC-SHA256'),
        Type.Literal('SM2'),
        Type.Literal('SM4-GCM'),
        Type.Literal('SM4-CBC'),
        Type.Literal('SM4-ECB'),
      ],
      {
        ...fieldText(
          '算法',
          'Algorithm',
          'HMAC 与 SM2 用于签名和验签，SM2 与 SM4 用于加密和解密。SM4-CBC 不能发现密文被改动，SM4-ECB 还会暴露相同的内容：仅在对方只支持它们时使用。',
          'HMAC and SM2 sign and verify; SM2 and SM4 encrypt and decrypt. SM4-CBC does not notice a changed ciphertext, and SM4-ECB also shows equal content: use them only if the other side has nothing else.',
        ),
        default: 'HMAC-SM3',
      },
    ),
    publicKey: Type.Optional(
      Type.String({
        ...SM2,
        ...fieldText(
          '对方公钥',
          'Public key of the other side',
          '验签和加密用对方的公钥，PEM，或 130 位十六进制（04 开头）。不填时用自己私钥对应的公钥。',
          'The key for verifying and encrypting, as PEM or 130 hexadecimal digits that begin with 04. If left out, the public key of the own private key.',
        ),
        minLength: 1,
        maxLength: 4000,
      }),
    ),
    userId: Type.String({
      ...fieldGroup('advanced'),
      ...SM2,
      ...fieldText('SM2 用户标识', 'SM2 user id', '签名双方约定的标识。', 'The identifier that both sides of a signature agreed on.'),
      minLength: 1,
      maxLength: 100,
      default: '1234567812345678',
    }),
    signatureForm: Type.Union([Type.Literal('der'), Type.Literal('raw')], {
      ...fieldGroup('advanced'),
      ...SM2,
      ...fieldText('SM2 签名格式', 'Form of SM2 signatures', undefined, undefined, {
        options: { der: ['DER（GM/T 0009）', 'DER (GM/T 0009)'], raw: ['r‖s，64 字节', 'r and s, 64 bytes'] },
      }),
      default: 'der',
    }),
    ciphertextForm: Type.Union([Type.Literal('der'), Type.Literal('c1c3c2'), Type.Literal('c1c2c3')], {
      ...fieldGroup('advanced'),
      ...SM2,
      ...fieldText('SM2 密文格式', 'Form of SM2 ciphertexts', undefined, undefined, {
        options: {
          der: ['DER（GM/T 0009）', 'DER (GM/T 0009)'],
          c1c3c2: ['C1C3C2，C1 以 04 开头', 'C1C3C2, C1 begins with 04'],
          c1c2c3: ['C1C2C3，C1 以 04 开头', 'C1C2C3, C1 begins with 04'],
        },
      }),
      default: 'der',
    }),
  },
  { additionalProperties: false },
);
export type CryptoSettings = Static<typeof CryptoSettings>;
