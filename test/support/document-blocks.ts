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

export interface Unrun {
  readonly page: string;
  /** How its text begins. */
  readonly begins: string;
  readonly reason: string;
}

const FRAGMENT = '`…` stands for the reader’s own code; test/e2e/add-one-thing.test.ts adds a whole store as the page says';

/** Examples that no test runs as they stand. Every other one is run: test/guards/docs-examples.test.ts says by which test. */
export const NOT_RUN: readonly Unrun[] = [
  ...['README.md', 'README.zh.md'].map((page) => ({
    page,
    begins: 'npm ci && npm start',
    reason: 'installs the packages and runs all tests; test/e2e/start.test.ts starts the example city',
  })),
  {
    page: 'docs/add-a-node.md',
    begins: '   import { Input }',
    reason: 'one of several edits; test/designer/forms.browser.test.ts opens every kind of field that there is',
  },
  { page: 'docs/add-a-store.md', begins: 'export const demoBackend', reason: FRAGMENT },
  { page: 'docs/add-a-store.md', begins: 'const STORES', reason: FRAGMENT },
  { page: 'docs/add-a-store.md', begins: 'documentsConformance(', reason: FRAGMENT },
  { page: 'docs/benchmarks.md', begins: 'npm run bench', reason: 'measures for five minutes on a machine that does nothing else' },
  { page: 'docs/deployment.md', begins: 'docker compose', reason: 'needs containers and a cluster; test/deploy checks the manifests' },
  {
    page: 'docs/operations.md',
    begins: 'head -c 32 /dev/urandom > backup.key',
    reason: 'names folders of an installed service; test/e2e/files-out.test.ts runs both commands',
  },
  {
    page: 'docs/operations.md',
    begins: 'kangqiao move',
    reason: 'needs PostgreSQL and Redis; test/e2e/move-city.test.ts moves a live city to servers',
  },
];

export function isRun({ page, text }: Block): boolean {
  return !NOT_RUN.some((unrun) => unrun.page === page && text.startsWith(unrun.begins));
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
