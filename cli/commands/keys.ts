/** `kangqiao keys …` creates key pairs and secrets of callers, and the proof that a caller has the private key. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { KQ1_SCHEMES, type Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';
import { signText } from '../../sdk/node/node-crypto.ts';
import type { SystemFacts } from '../../control/system/system.ts';
import { withApi } from '../shared/connect.ts';
import { readInput } from '../shared/read-input.ts';
import type { Terminal } from '../shared/terminal.ts';

export function keysCommand(terminal: Terminal): Command {
  return new Command('keys')
    .summary('create keys for signing')
    .addCommand(newCommand(terminal))
    .addCommand(proveCommand(terminal))
    .addCommand(platformCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao keys new --sm2 --out keys --name suishenban');
}

interface NewOptions {
  readonly sm2?: boolean;
  readonly hmac?: boolean;
  readonly out: string;
  readonly name: string;
}

function newCommand(terminal: Terminal): Command {
  return new Command('new')
    .summary('create an SM2 key pair or an HMAC secret')
    .addOption(new Option('--sm2', 'an SM2 key pair: <name>.key.pem (keep it private) and <name>.pub.pem (for upload)').conflicts('hmac'))
    .addOption(new Option('--hmac', 'an HMAC secret of 32 random bytes: <name>.secret'))
    .addOption(new Option('--out <folder>', 'where to').default('.'))
    .addOption(new Option('--name <name>', 'first part of the file names').default('kangqiao'))
    .addHelpText('after', '\nExample:\n  $ kangqiao keys new --sm2 --out keys --name suishenban')
    .action(async function (this: Command, options: NewOptions) {
      if (options.sm2 !== true && options.hmac !== true) return this.error('error: choose a kind: --sm2 or --hmac');
      const { createSoftwareCrypto } = await import('../../storage/crypto/software-crypto.ts');
      const made = await createSoftwareCrypto().generateKey(options.sm2 === true ? 'SM2-SM3' : 'HMAC-SM3');
      await mkdir(options.out, { recursive: true });
      const file = (ending: string) => join(options.out, `${options.name}.${ending}`);
      if ('secret' in made) {
        await writeNew(file('secret'), `${made.secret}\n`, 0o600);
        return terminal.print(file('secret'));
      }
      await writeNew(file('key.pem'), made.privatePem, 0o600);
      await writeNew(file('pub.pem'), made.publicPem, 0o644);
      terminal.print(`${file('key.pem')}\n${file('pub.pem')}`);
      terminal.tell(
        'Keep the first file private; upload the second (POST /api/v1/apps/<app>/keys) and sign the challenge with `kangqiao keys prove`.',
      );
    });
}

function proveCommand(terminal: Terminal): Command {
  return new Command('prove')
    .summary('sign the challenge of an uploaded key')
    .addOption(new Option('--key <file>', 'private key, PEM').makeOptionMandatory())
    .addOption(new Option('--scheme <scheme>', 'scheme of the key').choices(KQ1_SCHEMES).default('SM2-SM3'))
    .addOption(new Option('--challenge <file>', 'the challenge as returned by the API; - is standard input').default('-'))
    .addHelpText('after', '\nExample:\n  $ jq -j .challenge answer.json | kangqiao keys prove --key suishenban.key.pem')
    .action(async ({ key, scheme, challenge }: { key: string; scheme: Kq1Scheme; challenge: string }) => {
      terminal.print(signText(await readInput(challenge), scheme, (await readInput(key)).trim()));
    });
}

function platformCommand(terminal: Terminal): Command {
  return new Command('platform')
    .summary('print the public key with which callers verify responses')
    .description('The public key of the SM2 key pair with which this platform signs. Give it to callers in a way that they can trust.')
    .addHelpText('after', '\nExample:\n  $ kangqiao keys platform > platform.pem')
    .action(async function (this: Command) {
      const overview = (await withApi(this, terminal, (api) => api.call('GET', '/overview'))) as Pick<SystemFacts, 'platformKey'>;
      const { keyId, publicPem } = overview.platformKey;
      terminal.print(publicPem.trimEnd());
      terminal.tell(`Key ${keyId}: the X-KQ-Keyid of the responses that it signs.`);
    });
}

/** Writes a new file. Rejects if the file exists, so that no key is overwritten. */
async function writeNew(path: string, content: string, mode: number): Promise<void> {
  try {
    await writeFile(path, content, { mode, flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Error(`${path} already exists. Choose another --name or move the file.`, { cause: error });
    throw error;
  }
}
