/** Tests a crypto adapter: reads the key, and uses it once if it is complete. Connects to nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { runProbe } from '../shared/probe/run-probe.ts';
import { readSettings } from '../shared/read-settings.ts';
import { compute, type LoadedKey } from './compute.ts';
import { loadKey } from './load-key.ts';
import { CryptoSettings } from './settings.ts';

export function probeCrypto(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'binary', async (ctx, steps) => {
    let key!: LoadedKey;
    await steps.run({ 'zh-CN': '密钥', en: 'Key' }, async () => {
      const settings = readSettings(ctx.adapter, CryptoSettings);
      const isOptional = settings.algorithm === 'SM2' && settings.publicKey !== undefined;
      key = loadKey(settings, isOptional ? await ctx.secret().catch(() => undefined) : await ctx.secret());
      return key.algorithm;
    });
    await steps.run({ 'zh-CN': '试用', en: 'Trial' }, () => {
      const content = Buffer.from('kangqiao');
      if (key.kind !== 'hmac') compute({ do: 'encrypt', key, content });
      if (key.kind === 'hmac' || (key.kind === 'sm2' && key.privateKey !== undefined)) compute({ do: 'sign', key, content });
      return key.algorithm;
    });
  });
}
