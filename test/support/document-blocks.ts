/** The fenced blocks of the documents. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Block {
  /** Path of its page within the repository. */
  readonly page: string;
  readonly line: number;
  /** `''` where the fence names none. */
  readonly language: string;
  readonly text: string;
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^( *)```([^\n]*)\n([^]*?)^\1```$/gm)].map(({ index, 2: language, 3: content }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language: language!.trim(),
    text: content!,
  }));
}

export function documentPages(): string[] {
  return globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'deploy/**/*.md'], { cwd: ROOT }).sort();
}
