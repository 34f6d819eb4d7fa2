/** Keys for tests, and `sm-crypto` as the other side: it is another implementation than the nodes use. */
import { createRequire } from 'node:module';
import { Value } from 'typebox/value';
import type { Message } from '../../../engine/contract/values/message.ts';
import type { NodeDefinition } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { CryptoSettings } from '../../../nodes/crypto/settings.ts';

interface Other {
  readonly sm2: {
    generateKeyPairHex(): { readonly privateKey: string; readonly publicKey: string };
    doSignature(message: string, privateKey: string, options: object): string;
    doVerifySignature(message: string, signature: string, publicKey: string, options: object): boolean;
    doEncrypt(message: string, publicKey: string, mode: 0 | 1): string;
    doDecrypt(ciphertext: string, privateKey: string, mode: 0 | 1): string;
  };
  readonly sm4: {
    encrypt(message: string, key: string, options?: object): string;
    decrypt(ciphertext: string, key: string, options?: object): string;
  };
}
export const other = createRequire(import.meta.url)('sm-crypto') as Other;

/** Two key pairs, made once. */
export const [ours, theirs] = [other.sm2.generateKeyPairHex(), other.sm2.generateKeyPairHex()];
export const SM4_KEY = '0123456789abcdeffedcba9876543210';

/** One clock, because the threads belong to a clock. */
const clock = wallClock();

export function withKey(settings: Record<string, unknown>, secret: string | undefined, options: RunNodeOptions = {}): RunNodeOptions {
  const complete = Value.Default(CryptoSettings, { ...settings }) as Record<string, unknown>;
  return { clock, adapter: { settings: complete }, ...(secret === undefined ? {} : { secrets: { '': secret } }), ...options };
}

/** The message that the node emits at its port `ok`. */
export async function emitted(definition: NodeDefinition, options: RunNodeOptions): Promise<Message> {
  const outcome = await runNode(definition, options);
  if (!('emit' in outcome)) throw new Error('nothing emitted');
  return outcome.emit!['ok']![0]!;
}
