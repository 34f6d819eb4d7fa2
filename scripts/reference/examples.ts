/**
 * The examples of the reference. They are files of docs/reference/examples/ and of nodes/; the pages show them, and a
 * test runs them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { Comparison, ConditionRule } from '../../engine/contract/flow/expression-types.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { Mapping } from '../../nodes/shared/mapping/mapping-document.ts';

const EXAMPLES = new URL('../../docs/reference/examples/', import.meta.url);

export function exampleFlows(): string[] {
  return readdirSync(new URL('flows/', EXAMPLES)).map((file) => file.replace(/\.json$/, ''));
}

export function exampleFlow(name: string): string {
  return readFileSync(new URL(`flows/${name}.json`, EXAMPLES), 'utf8');
}

/** An example of a comparison, with fixed values on both sides. */
export interface ComparisonExample {
  readonly left: unknown;
  readonly op: Comparison;
  readonly right?: unknown;
  readonly holds: boolean;
}

export const comparisonExamples = read<readonly ComparisonExample[]>('comparisons.json');

export interface ConditionExample {
  readonly about: Text;
  readonly rule: ConditionRule;
  readonly data: unknown;
  readonly holds: boolean;
}

export const conditionExamples = read<readonly ConditionExample[]>('conditions.json');

export interface ScopeExample {
  readonly message: {
    readonly data: unknown;
    readonly headers: Readonly<Record<string, string>>;
    readonly keys: Readonly<Record<string, string>>;
  };
  readonly nodes: Readonly<Record<string, unknown>>;
  readonly now: number;
  readonly paths: readonly { readonly path: string; readonly gives: unknown }[];
  readonly expressions: readonly { readonly expression: string; readonly gives: unknown }[];
}

export const scopeExample = read<ScopeExample>('scope.json');

export interface MappingExample {
  readonly about: Text;
  readonly mapping: Mapping;
  /** Code tables by name; each has its values by key. */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly data: unknown;
  readonly gives: unknown;
}

export const mappingExamples = read<readonly MappingExample[]>('mappings.json');

/** An example of a node: its output by port, its reply, or its error for this data. */
export interface NodeExample {
  readonly config: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  readonly emits?: Readonly<Record<string, unknown>>;
  readonly replies?: { readonly status: number; readonly data: unknown };
  readonly refuses?: { readonly code: string; readonly status?: number };
}

/**
 * Returns the example of a node type, if it has one. The file is beside the node, like its help: `<verb>.example.json`,
 * or for an older major version `<verb>.v1.example.json`.
 */
export function nodeExample(name: string): NodeExample | undefined {
  const [type = '', major = ''] = name.split('@');
  const path = `../../nodes/${type.replace('.', '/')}`;
  const isOlder = existsSync(new URL(`${path}.v${major}.node.ts`, import.meta.url));
  const file = new URL(`${path}${isOlder ? `.v${major}` : ''}.example.json`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as NodeExample) : undefined;
}

export interface AdapterExample {
  readonly about: Text;
  readonly document: AdapterDocument;
}

export const adapterExamples = read<readonly AdapterExample[]>('adapters.json');

/** Returns the first document of a file of the example city. */
export function cityExample(file: 'interfaces' | 'apps' | 'grants' | 'tables'): unknown {
  const documents = JSON.parse(readFileSync(new URL(`../../examples/city/${file}.json`, import.meta.url), 'utf8')) as unknown[];
  return documents[0];
}

function read<Example>(file: string): Example {
  return JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8')) as Example;
}
