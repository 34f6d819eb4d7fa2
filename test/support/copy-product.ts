/** The product's sources in a folder of their own, so that a test can add to them as a person would. */
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PRODUCT_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = [
  'bin',
  'cli',
  'control',
  'designer',
  'docs',
  'engine',
  'examples',
  'gateways',
  'nodes',
  'scripts',
  'sdk',
  'storage',
  'test',
];
const FILES = ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'];

export interface ProductCopy {
  readonly folder: string;
  /** What `startPlatform` takes as its program. */
  readonly program: string;
  put(path: string, text: string): Promise<void>;
}

export async function copyProduct(scratch: string): Promise<ProductCopy> {
  const folder = join(scratch, 'copy');
  for (const path of [...FOLDERS, ...FILES]) await cp(join(PRODUCT_ROOT, path), join(folder, path), { recursive: true });
  await symlink(join(PRODUCT_ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    program: join(folder, 'bin', 'kangqiao.mjs'),
    async put(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
  };
}
