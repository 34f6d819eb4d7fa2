/** Runs examples for callers as they are shown: programs in several languages that sign for app A10021, with a key of each scheme. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Kq1Scheme } from '../../sdk/public.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { startSmallGateway, type RegisteredKey, type SmallGateway } from '../sdk/small-gateway.ts';

export const EXAMPLE_APP = 'A10021';

const run = promisify(execFile);

export interface ExamplePrograms {
  readonly gateway: SmallGateway;
  /** Writes a file that is there as long as the programs; answers its path. */
  file(name: string, content: string): string;
  /** What the program writes. `KQ_KEY` is the key of the scheme: a secret, or the path of its PEM. */
  run(scheme: Kq1Scheme, program: string, parameters: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** The gateway knows a key of each of the schemes, under the scheme's name. */
export async function startExamplePrograms(schemes: readonly Kq1Scheme[]): Promise<ExamplePrograms> {
  const folder = mkdtempSync(join(tmpdir(), 'kq-examples-'));
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const crypto = createSoftwareCrypto();
  const registered: Record<string, RegisteredKey> = {};
  const keys = new Map<Kq1Scheme, string>();
  for (const scheme of schemes) {
    const made = await crypto.generateKey(scheme);
    registered[`${EXAMPLE_APP}/${scheme}`] = { scheme, ...('secret' in made ? made : { publicPem: made.publicPem }) };
    keys.set(scheme, 'secret' in made ? made.secret : file(`${scheme}.pem`, made.privatePem));
  }
  const gateway = await startSmallGateway(registered);
  return {
    gateway,
    file,
    async run(scheme, program, parameters) {
      const env = { ...process.env, KQ_KEY: keys.get(scheme) ?? '' };
      return (await run(program, parameters, { env, timeout: 300_000 })).stdout;
    },
    async stop() {
      await gateway.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function has(program: string, ...parameters: string[]): Promise<boolean> {
  return run(program, parameters).then(
    () => true,
    () => false,
  );
}
