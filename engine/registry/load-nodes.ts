import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError, type Issue } from '../contract/values/errors.ts';
import { type NodeDefinition, typeName } from '../contract/node/node.ts';

import type { AdapterType } from '../contract/node/adapter-type.ts';
import type { Text } from '../contract/values/texts.ts';

export interface NodeRegistry {
  get(typeName: string): NodeDefinition | undefined;
  list(): readonly NodeDefinition[];
  /** Markdown beside the node type. */
  longHelp?(typeName: string): Text | undefined;
  /** The adapter type of each protocol. */
  adapterTypes?(): readonly AdapterType[];
}

/** The node types of an installation, with their long help. */
export interface LoadedNodes extends NodeRegistry {
  /** Markdown of `<verb>.md`, per language; undefined if the node has none. */
  longHelp(typeName: string): Text | undefined;
  adapterTypes(): readonly AdapterType[];
}

interface Found {
  readonly file: string;
  /** `protocol.verb`, from the path. */
  readonly type: string;
}

const KINDS: readonly unknown[] = ['action', 'trigger', 'control'];

/**
 * Imports every `<folder>/<protocol>/<verb>.node.ts` (or `.js`, when compiled) and every adapter type
 * (`<folder>/<protocol>/<protocol>.adapter.ts`). Rejects with NODES_INVALID (bug), which lists every invalid file,
 * because the process must not start with an incomplete catalogue.
 */
export async function loadNodes(folders: readonly (string | URL)[]): Promise<LoadedNodes> {
  const issues: Issue[] = [];
  const definitions = new Map<string, NodeDefinition>();
  const helps = new Map<string, Text>();
  const adapterTypes = Object.freeze(await loadAdapterTypes(folders, issues));
  for (const found of await findFiles(folders, issues)) {
    const definition = await importNode(found, issues);
    if (definition === undefined) continue;
    const name = typeName(definition);
    if (definitions.has(name)) issues.push(issueAt(found.file, `${name} is defined a second time here.`));
    definitions.set(name, definition);
    const help = readHelp(found.file);
    if (help !== undefined) helps.set(name, help);
  }
  if (issues.length > 0) {
    throw new AppError(
      'NODES_INVALID',
      'bug',
      `Some node types cannot be loaded: ${issues.map((issue) => `${issue.path}: ${issue.message}`).join(' ')}`,
      {
        values: { files: issues.map((issue) => issue.path).join('、') },
        issues,
        fix: 'Correct the files that are listed, or remove them.',
      },
    );
  }
  const list = Object.freeze([...definitions.values()]);
  return { get: (name) => definitions.get(name), list: () => list, longHelp: (name) => helps.get(name), adapterTypes: () => adapterTypes };
}

async function findFiles(folders: readonly (string | URL)[], issues: Issue[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const folder of folders) {
    const root = folder instanceof URL ? fileURLToPath(folder) : folder;
    try {
      for (const entry of (await readdir(root, { recursive: true })).sort()) {
        const [, protocol, verb] = /^([^/\\]+)[/\\]([^/\\.]+)(?:\.v\d+)?\.node\.[tj]s$/.exec(entry) ?? [];
        if (protocol !== undefined && verb !== undefined) found.push({ file: join(root, entry), type: `${protocol}.${verb}` });
      }
    } catch (cause) {
      issues.push(issueAt(root, `The folder cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`));
    }
  }
  return found;
}

async function loadAdapterTypes(folders: readonly (string | URL)[], issues: Issue[]): Promise<AdapterType[]> {
  const types: AdapterType[] = [];
  for (const folder of folders) {
    const root = folder instanceof URL ? fileURLToPath(folder) : folder;
    // If the folder is not readable, that was already reported when its node types were loaded.
    const entries = await readdir(root, { recursive: true }).catch(() => []);
    for (const entry of entries.sort()) {
      const protocol = /^([^/\\]+)[/\\]\1\.adapter\.[tj]s$/.exec(entry)?.[1];
      if (protocol === undefined) continue;
      const file = join(root, entry);
      const type = await importAdapterType(file);
      if (type?.protocol !== protocol || type.settings === undefined || type.text === undefined)
        issues.push(issueAt(file, `It does not contain an adapter type of the protocol ${protocol} with settings and text.`));
      else types.push(type as AdapterType);
    }
  }
  return types;
}

async function importAdapterType(file: string): Promise<Partial<AdapterType> | undefined> {
  const { default: type } = (await import(pathToFileURL(file).href)) as { default?: Partial<AdapterType> };
  return type;
}

async function importNode(found: Found, issues: Issue[]): Promise<NodeDefinition | undefined> {
  let definition: Partial<NodeDefinition> | undefined;
  try {
    ({ default: definition } = (await import(pathToFileURL(found.file).href)) as { default?: Partial<NodeDefinition> });
  } catch (cause) {
    issues.push(issueAt(found.file, `It cannot be imported: ${cause instanceof Error ? cause.message : String(cause)}.`));
    return undefined;
  }
  const problem = problemOf(definition, found.type);
  if (problem === undefined) return definition as NodeDefinition;
  issues.push(issueAt(found.file, problem));
  return undefined;
}

function problemOf(definition: Partial<NodeDefinition> | undefined, type: string): string | undefined {
  if (typeof definition !== 'object' || definition === null) return 'It has no default export made by defineNode.';
  if (definition.type !== type) return `Its type is ${String(definition.type)}, but its path says ${type}.`;
  if (!Number.isInteger(definition.major) || definition.major! < 1) return 'Its major version must be a whole number from 1.';
  if (!KINDS.includes(definition.kind)) return `Its kind must be one of ${KINDS.join(', ')}.`;
  if (definition.ports === undefined || definition.config === undefined || definition.text === undefined)
    return 'It lacks ports, config or text.';
  if (definition.kind !== 'trigger' && typeof (definition as { prepare?: unknown }).prepare !== 'function')
    return 'It lacks the function prepare.';
  return undefined;
}

/** Reads the sections `## 中文` and `## English` of the file beside the node. */
function readHelp(file: string): Text | undefined {
  let text: string;
  try {
    text = readFileSync(file.replace(/\.node\.[tj]s$/, '.md'), 'utf8');
  } catch {
    // Long help is optional at run time; a guard test requires it in this repository.
    return undefined;
  }
  const section = (heading: string) =>
    new RegExp(`^#{1,2} ${heading}$([^]*?)(?=^#{1,2} (?:中文|English)$|(?![^]))`, 'm').exec(text)?.[1]?.trim() ?? '';
  return { 'zh-CN': section('中文'), en: section('English') };
}

function issueAt(path: string, message: string): Issue {
  return { path, code: 'NODES_INVALID', severity: 'error', message };
}
