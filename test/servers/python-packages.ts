/** Packages of Python in a virtual environment of their own, made once and kept; processes that make it at the same time do each other no harm. */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Why they cannot be had here, or undefined when they are there. `packages`: pinned, for example `hl7==0.4.5`. */
export function preparePythonPackages(name: string, packages: readonly string[]): string | undefined {
  const folder = folderOf(name);
  if (existsSync(`${folder}/ready`)) return undefined;
  if (spawnSync('python3', ['--version']).error) return 'python3 is not installed';
  const fresh = `${folder}-${process.pid}`;
  const made = spawnSync('python3', ['-m', 'venv', fresh], { timeout: 60_000, encoding: 'utf8' });
  if (made.status !== 0) return `python3 cannot make a virtual environment: ${made.stdout.slice(-300)}`;
  const installed = spawnSync(`${fresh}/bin/pip`, ['install', '-q', '--disable-pip-version-check', ...packages], {
    timeout: 120_000,
    encoding: 'utf8',
  });
  if (installed.status !== 0) return `pip could not fetch ${packages.join(' and ')}: ${installed.stderr.slice(-300)}`;
  writeFileSync(`${fresh}/ready`, '');
  if (existsSync(`${folder}/ready`)) rmSync(fresh, { recursive: true, force: true });
  else {
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  }
  return undefined;
}

/** The Python that has them. */
export function pythonOf(name: string): string {
  return `${folderOf(name)}/bin/python`;
}

function folderOf(name: string): string {
  return fileURLToPath(new URL(`../../node_modules/.cache/servers/${name}`, import.meta.url));
}
