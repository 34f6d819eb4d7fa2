import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { CryptoSettings } from './settings.ts';

export default defineAdapter({
  protocol: 'crypto',
  icon: 'key-round',
  text: {
    label: { 'zh-CN': '密钥', en: 'Cryptographic key' },
    help: {
      'zh-CN': '与一个系统约定的密钥，流程用它签名、验签、加密、解密。密钥本身存为凭据，不会出现在流程中。',
      en: 'A key agreed on with another system, by which flows sign, verify, encrypt and decrypt. The key is the credential and never part of a flow.',
    },
    usedFor: {
      'zh-CN': '国密 SM2、SM3、SM4 签名与加密，接口签名密钥',
      en: 'SM2, SM3 and SM4 signatures and encryption, signing keys of interfaces',
    },
  },
  settings: CryptoSettings,
  credential: {
    'zh-CN':
      'HMAC：密钥文本，或 hex:、base64: 开头的字节，至少 16 字节；SM4：32 位十六进制，或 base64: 开头的 16 字节；SM2：私钥，PEM（PKCS#8）或 64 位十六进制；只验签、只加密时不需要。',
    en: 'HMAC: the secret as text, or as bytes after hex: or base64:, at least 16 bytes. SM4: 32 hexadecimal digits, or 16 bytes after base64:. SM2: the private key as PEM (PKCS#8) or 64 hexadecimal digits; not needed to verify or encrypt only.',
  },
  connectsTo: () => [],
  hasCharset: false,
});
