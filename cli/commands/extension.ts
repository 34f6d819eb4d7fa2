/** `kangqiao extension …` makes and signs packages of extensions. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { PublisherScheme } from '../../engine/extensions/package/read-package.ts';
import { readBytes, readInput } from '../shared/read-input.ts';
import type { Terminal } from '../shared/terminal.ts';

export function extensionCommand(terminal: Terminal): Command {
  return new Command('extension')
    .summary('make and sign packages of extensions')
    .addCommand(packCommand(terminal))
    .addCommand(signPackageCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao extension pack my-extension --out my-extension.zip');
}

function packCommand(terminal: Terminal): Command {
  return new Command('pack')
    .summary('check manifest.json and write the package')
    .argument('<folder>', 'folder with manifest.json and extension.mjs')
    .addOption(new Option('--out <file>', 'the package').makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  $ kangqiao extension pack my-extension --out my-extension.zip')
    .action(async function (this: Command, folder: string, { out }: { readonly out: string }) {
      const { parseJson, readManifest } = await import('../../engine/extensions/package/read-package.ts');
      const { writePackage } = await import('../../engine/extensions/package/write-package.ts');
      const [manifest, code] = [await readBytes(join(folder, 'manifest.json')), await readBytes(join(folder, 'extension.mjs'))];
      const { id, version } = readManifest(parseJson(manifest)).manifest;
      await writeFile(out, await writePackage({ manifest, code }));
      terminal.print(`${out}: ${id} ${version}, not signed`);
    });
}

interface SignOptions {
  readonly key: string;
  readonly scheme: PublisherScheme;
  readonly out: string;
}

function signPackageCommand(terminal: Terminal): Command {
  return new Command('sign')
    .summary('sign a package with the private key of its publisher')
    .argument('<package>', 'file of `extension pack`')
    .addOption(new Option('--key <file>', 'private key (PEM); `keys new --sm2` makes one').makeOptionMandatory())
    .addOption(new Option('--scheme <scheme>', 'kind of the key').choices(['SM2-SM3', 'ED25519']).default('SM2-SM3'))
    .addOption(new Option('--out <file>', 'the signed package').makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  $ kangqiao extension sign my-extension.zip --key acme.key.pem --out my-extension.signed.zip')
    .action(async function (this: Command, file: string, { key, scheme, out }: SignOptions) {
      const { readParts } = await import('../../engine/extensions/package/read-package.ts');
      const { signPackage } = await import('../../engine/extensions/package/write-package.ts');
      const { createSoftwareCrypto } = await import('../../storage/crypto/software-crypto.ts');
      const parts = await readParts(await readBytes(file));
      await writeFile(out, await signPackage(parts, await readInput(key), scheme, createSoftwareCrypto()));
      terminal.print(`${out}: signed with ${scheme}`);
    });
}
