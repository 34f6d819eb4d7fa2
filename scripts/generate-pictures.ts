/**
 * `npm run generate:pictures`: generates docs/pictures/*.svg, each from the *.dot file beside it. A guard test checks
 * that they are current.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { instance } from '@viz-js/viz';

export const PICTURES = fileURLToPath(new URL('../docs/pictures/', import.meta.url));

interface Picture {
  readonly file: string;
  readonly svg: string;
}

/** Returns the current pictures. Graphviz runs as WebAssembly, so the result is the same on every machine. */
export async function pictures(): Promise<readonly Picture[]> {
  const graphviz = await instance();
  return globSync('*.dot', { cwd: PICTURES })
    .sort()
    .map((source) => ({
      file: source.replace(/\.dot$/, '.svg'),
      svg: graphviz.renderString(readFileSync(join(PICTURES, source), 'utf8'), { format: 'svg' }),
    }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const { file, svg } of await pictures()) writeFileSync(join(PICTURES, file), svg);
