/** Texts for errors of the crypto nodes. */
import type { ErrorTemplates } from './template.ts';

export const cryptoTexts: ErrorTemplates = {
  CRYPTO_BUSY: { what: '等待签名或加密的步骤过多，或一次运算超出限制', fix: '稍候重试；若经常发生，增加进程。' },
  CRYPTO_CONTENT: { what: '节点的输入不可用', fix: '在此节点之前更正该值；对象须先序列化。' },
  'CRYPTO_CONTENT/absent': { what: '{input}没有值', fix: '在此节点之前补上该值，或更正节点中的路径。' },
  'CRYPTO_CONTENT/type': { what: '{input}既不是文本，也不是字节', fix: '先用序列化节点把它变成文本。' },
  'CRYPTO_CONTENT/encoding': { what: '{input}的编码不正确', fix: '检查节点中选择的编码，以及对方的写法。' },
  'CRYPTO_CONTENT/length': { what: '{input}的长度不正确', fix: 'SM4-GCM 的 iv 为 12 字节，SM4-CBC 的为 16 字节，tag 为 16 字节。' },
  'CRYPTO_CONTENT/large': { what: '{input}过大，最多 16 MB', fix: '分成多条，或只签名其摘要。' },
  CRYPTO_DECRYPTION_FAILED: { what: '用该密钥无法解密', fix: '与发送方核对密钥、算法、iv、tag 与密文格式。' },
  CRYPTO_KEY_INVALID: { what: '适配器的密钥（{algorithm}）不可用', fix: '按适配器说明的格式保存密钥。' },
  'CRYPTO_KEY_INVALID/missing': { what: '适配器没有密钥（{algorithm}）', fix: '把密钥存为适配器的凭据。' },
  'CRYPTO_KEY_INVALID/form': { what: '适配器的凭据不是 {algorithm} 的密钥', fix: '按适配器说明的格式保存密钥。' },
  'CRYPTO_KEY_INVALID/public': { what: '对方公钥不是 SM2 曲线上的点', fix: '向对方核对公钥：PEM，或 04 开头的 130 位十六进制。' },
  CRYPTO_OPERATION: {
    what: '{algorithm} 不支持此操作（{cryptoOperation}）',
    fix: '换用其他算法的适配器：HMAC、SM2 可签名，SM2、SM4 可加密。',
  },
  CRYPTO_SIGNATURE_WRONG: { what: '签名与内容或密钥不符', fix: '与发送方核对：签名的原文（逐字节）、密钥、用户标识与签名格式。' },
};
