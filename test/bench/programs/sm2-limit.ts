/** What SM2 alone costs a front: checks the signature of a request and signs its answer, one after the other. */
import { performance } from 'node:perf_hooks';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { serveProgram } from '../measure/program.ts';

const crypto = createSoftwareCrypto();
const { privatePem, publicPem } = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
const own = crypto.importKey({ format: 'pem', pem: privatePem }, 'SM2-SM3', 'private');
const known = crypto.importKey({ format: 'pem', pem: publicPem }, 'SM2-SM3', 'public');
const text = Buffer.alloc(400, 'KQ1');
const signature = await crypto.sign(own, text);

await serveProgram<object, { readonly durationMs: number }, number>(() =>
  Promise.resolve({
    port: 0,
    /** Microseconds of CPU time for one check and one signature. */
    async answer({ durationMs }) {
      const before = process.cpuUsage();
      const endsAt = performance.now() + durationMs;
      let pairs = 0;
      for (; performance.now() < endsAt; pairs++) {
        await crypto.verify(known, text, signature);
        await crypto.sign(own, text);
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / pairs;
    },
    stop: () => undefined,
  }),
);
