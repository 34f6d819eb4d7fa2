/**
 * `npm run generate:reference`: generates docs/reference/ from the schemas and texts of the code. A guard test checks
 * that it is current.
 */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadNodes } from '../engine/registry/load-nodes.ts';
import { loadPolicies } from '../gateways/pipeline/load-policies.ts';
import { adapterPage } from './reference/adapter-page.ts';
import { conditionPage } from './reference/condition-page.ts';
import { flowPage } from './reference/flow-page.ts';
import { indexPage } from './reference/index-page.ts';
import { interfacePage } from './reference/interface-page.ts';
import { mappingPage } from './reference/mapping-page.ts';
import { nodePages } from './reference/node-pages.ts';
import { policyPage } from './reference/policy-page.ts';
import type { Page } from './reference/markdown.ts';

export const REFERENCE = fileURLToPath(new URL('../docs/reference/', import.meta.url));

/** Returns the current text of every page. */
export async function referencePages(): Promise<readonly Page[]> {
  const nodes = await loadNodes([new URL('../nodes/', import.meta.url)]);
  return [
    indexPage(),
    flowPage(),
    mappingPage(),
    conditionPage(),
    ...nodePages(nodes),
    adapterPage(nodes.adapterTypes()),
    interfacePage(),
    policyPage(await loadPolicies()),
  ];
}

/** Returns the pages that exist on disk. */
export function writtenPages(): string[] {
  return globSync('**/*.md', { cwd: REFERENCE }).sort();
}

async function write(): Promise<void> {
  const pages = await referencePages();
  for (const file of writtenPages()) rmSync(join(REFERENCE, file));
  for (const { file, text } of pages) {
    mkdirSync(dirname(join(REFERENCE, file)), { recursive: true });
    writeFileSync(join(REFERENCE, file), text);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await write();
