import { existsSync, readFileSync } from 'node:fs';

/**
 * Returns the version in the package.json of the package. The file is beside cli/ in a checkout and above dist/ after
 * an installation.
 */
export function readVersion(): string {
  const file = ['../../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  if (file === undefined) return 'unknown';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
