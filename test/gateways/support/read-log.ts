import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { isBlockLine } from '../../../gateways/log/body-blocks.ts';
import { testSeal } from './test-seal.ts';

/** Returns the lines of the access logs in a folder, and the opened text of each block of bodies. */
export async function readLog(folder: string): Promise<{ readonly lines: readonly string[]; readonly blocks: readonly string[] }> {
  const lines: string[] = [];
  const blocks: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    for (const line of (await readFile(join(folder, file), 'utf8')).trim().split('\n'))
      if (isBlockLine(line)) blocks.push(openBlock(line));
      else lines.push(line);
  }
  return { lines, blocks };
}

function openBlock(line: string): string {
  const { block, sealed } = JSON.parse(line) as { readonly block: string; readonly sealed: string };
  return inflateRawSync(testSeal.open({ collection: 'access-log', id: block, field: 'bodies' }, sealed)).toString();
}
