/**
 * `kangqiao adapter|interface|app|grant|service|ip-list|rule-set|table …` works with the documents of an installation and applies them from
 * files.
 */
import { Command, Option } from 'commander';
import type { Issue } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { ApiClient } from '../shared/api-client.ts';
import { ApiError } from '../shared/api-errors.ts';
import type { Difference } from '../shared/compare-documents.ts';
import { withApi } from '../shared/connect.ts';
import { EXIT } from '../shared/exit-codes.ts';
import { readJsonInput } from '../shared/read-input.ts';
import { readList } from '../shared/read-list.ts';
import type { Resource, ResourceDocument } from '../shared/resources.ts';
import { formatTable, type Terminal } from '../shared/terminal.ts';

const FILES = 'JSON files, each with a document or a list of them; - is standard input';

export function resourceCommand(resource: Resource, terminal: Terminal): Command {
  const { command, plural, example, isCached } = resource;
  const made = new Command(command)
    .summary(`list, get, compare, apply and delete ${plural}`)
    .description(
      `Works with ${plural} over the admin API. The revision in a file must be the stored one; revision 0 means "any stored revision".`,
    )
    .addCommand(listCommand(resource, terminal))
    .addCommand(getCommand(resource, terminal))
    .addCommand(applyCommand(resource, terminal))
    .addCommand(diffCommand(resource, terminal))
    .addCommand(deleteCommand(resource, terminal))
    .addHelpText(
      'after',
      `\nExample:\n  $ kangqiao ${command} get ${example} > ${command}.json\n  $ kangqiao ${command} apply ${command}.json`,
    );
  return isCached === true ? made.addCommand(purgeCommand(resource, terminal)) : made;
}

function listCommand(resource: Resource, terminal: Terminal): Command {
  const { command, plural, path, idField, columns } = resource;
  return new Command('list')
    .summary(`list ${plural}`)
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText('after', `\nExample:\n  $ kangqiao ${command} list`)
    .action(async function (this: Command, { json }: { json?: boolean }) {
      const items = await withApi(this, terminal, (api) => readList<ResourceDocument>(api, path));
      if (json === true) return terminal.print(JSON.stringify(items, null, 2));
      const rows = items.map((item) => [
        String(item[idField]),
        (item['name'] as Text | undefined)?.['zh-CN'] ?? '',
        ...Object.values(columns).map((cell) => cell(item)),
      ]);
      terminal.print(formatTable([[command.toUpperCase(), 'NAME', ...Object.keys(columns)], ...rows]));
    });
}

function getCommand(resource: Resource, terminal: Terminal): Command {
  const { command, example } = resource;
  return new Command('get')
    .summary('print one, for a file')
    .argument('<id>', 'its id')
    .addHelpText('after', `\nExample:\n  $ kangqiao ${command} get ${example} > ${command}.json`)
    .action(async function (this: Command, id: string) {
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => getOne(api, resource, id)), null, 2));
    });
}

function applyCommand(resource: Resource, terminal: Terminal): Command {
  const { command } = resource;
  return new Command('apply')
    .summary('make the installation match the files; identical documents are not touched')
    .argument('<file...>', FILES)
    .addHelpText('after', `\nExample:\n  $ kangqiao ${command} apply ${command}s/*.json`)
    .action(async function (this: Command, files: readonly string[]) {
      await withApi(this, terminal, async (api) => {
        const all = await compareFiles(api, resource, files);
        await checkAll(api, resource, all.filter(isToBeSaved));
        const done: string[] = [];
        for (const comparison of all) {
          const id = idOf(resource, comparison.wanted);
          if (!isToBeSaved(comparison)) {
            terminal.print(`${id} unchanged`);
            continue;
          }
          try {
            const { revision } = await saveOne(api, resource, comparison);
            done.push(id);
            terminal.print(`${id} ${comparison.stored === undefined ? 'created' : 'changed'}, revision ${revision}`);
          } catch (error) {
            const before = done.length === 0 ? 'Nothing was saved before that' : `Saved before that: ${done.join(', ')}`;
            terminal.tell(`Stopped at ${id} of ${comparison.file}. ${before}.`);
            throw error;
          }
        }
      });
    });
}

function diffCommand(resource: Resource, terminal: Terminal): Command {
  const { command } = resource;
  return new Command('diff')
    .summary('show how the files differ from what is stored; exit code 1 if they differ')
    .argument('<file...>', FILES)
    .addHelpText('after', `\nExample:\n  $ kangqiao ${command} diff ${command}s/*.json`)
    .action(async function (this: Command, files: readonly string[]) {
      const all = await withApi(this, terminal, (api) => compareFiles(api, resource, files));
      const { formatDifference } = await import('../shared/compare-documents.ts');
      for (const { wanted, stored, differences } of all) {
        if (stored === undefined) terminal.print(`${idOf(resource, wanted)} is not stored`);
        else if (differences.length > 0) terminal.print([idOf(resource, wanted), ...differences.map(formatDifference)].join('\n  '));
      }
      if (all.some(({ stored, differences }) => stored === undefined || differences.length > 0)) process.exitCode = EXIT.failed;
      else terminal.tell('No difference.');
    });
}

function deleteCommand(resource: Resource, terminal: Terminal): Command {
  const { command, example, path, deleteSummary } = resource;
  return new Command('delete')
    .summary(deleteSummary)
    .argument('<id>', 'its id')
    .addHelpText('after', `\nExample:\n  $ kangqiao ${command} delete ${example}`)
    .action(async function (this: Command, id: string) {
      await withApi(this, terminal, (api) => api.call('DELETE', `${path}/${encodeURIComponent(id)}`));
      terminal.print(`${id} deleted`);
    });
}

function purgeCommand(resource: Resource, terminal: Terminal): Command {
  const { command, example, path } = resource;
  return new Command('purge-cache')
    .summary('end the cached responses of one on all gateways within a second')
    .argument('<id>', 'its id')
    .addOption(new Option('--tag <tag>', 'only those with this tag, a value of the header Cache-Tag of the target'))
    .addOption(new Option('--key <key>', 'only the one with this key, as the response header Cache-Status has it'))
    .addHelpText('after', `\nExample:\n  $ kangqiao ${command} purge-cache ${example} --tag ward-3`)
    .action(async function (this: Command, id: string, part: { tag?: string; key?: string }) {
      await withApi(this, terminal, (api) => api.call('POST', `${path}/${encodeURIComponent(id)}/purge-cache`, part));
      terminal.print(`${id} purged`);
    });
}

function isToBeSaved({ stored, differences }: Comparison): boolean {
  return stored === undefined || differences.length > 0;
}

function saveOne(api: ApiClient, resource: Resource, { wanted, stored }: Comparison): Promise<ResourceDocument> {
  const path = `${resource.path}/${encodeURIComponent(idOf(resource, wanted))}`;
  return api.call('PUT', path, { ...wanted, revision: revisionToSave(wanted, stored) }) as Promise<ResourceDocument>;
}

/** Returns the revision to save. In a file, 0 means the revision that is stored now. For a new document it stays 0. */
function revisionToSave({ revision = 0 }: ResourceDocument, stored: ResourceDocument | undefined): number {
  return revision === 0 ? (stored?.revision ?? 0) : revision;
}

/** The code of a name that is not stored. The files may bring it: they are saved in the order of their names. */
const NAMES_UNKNOWN = 'INTERFACE_NAMES_UNKNOWN';
const ABOUT_THE_DOCUMENT: ReadonlySet<number> = new Set([400, 404, 422]);

/**
 * Checks all documents before the first is saved, if control can check them without saving. Rejects with INPUT_INVALID
 * (input) if one has errors.
 */
async function checkAll(api: ApiClient, resource: Resource, comparisons: readonly Comparison[]): Promise<void> {
  const { validatePath, plural } = resource;
  if (validatePath === undefined) return;
  const wrong: Issue[] = [];
  const brought = new Set<unknown>(comparisons.map(({ wanted }) => idOf(resource, wanted)));
  for (const { file, wanted, stored } of comparisons) {
    const issues = await issuesOf(api, validatePath, { ...wanted, revision: revisionToSave(wanted, stored) });
    const errors = issues.filter(
      ({ severity, code, values }) => severity === 'error' && !(code === NAMES_UNKNOWN && brought.has(values?.['id'])),
    );
    wrong.push(...errors.map((issue) => ({ ...issue, path: `${file}, ${idOf(resource, wanted)} ${issue.path}` })));
  }
  if (wrong.length === 0) return;
  const message = `At least one of these ${plural} is not valid; nothing was saved.`;
  throw new ApiError(422, { code: 'INPUT_INVALID', message, issues: wrong, fix: 'Correct the listed issues.' });
}

/**
 * Returns the issues of a document. An error about the document itself, such as an invalid form or a missing reference,
 * becomes an issue.
 */
async function issuesOf(api: ApiClient, path: string, document: ResourceDocument): Promise<readonly Issue[]> {
  try {
    return ((await api.call('POST', path, document)) as { readonly issues: readonly Issue[] }).issues;
  } catch (error) {
    if (!(error instanceof ApiError) || !ABOUT_THE_DOCUMENT.has(error.status)) throw error;
    const { code, message, fix, issues } = error;
    return issues.length > 0 ? issues : [{ path: '', code, severity: 'error', message, ...(fix === undefined ? {} : { fix }) }];
  }
}

interface Comparison {
  readonly file: string;
  readonly wanted: ResourceDocument;
  readonly stored: ResourceDocument | undefined;
  readonly differences: readonly Difference[];
}

/** Reads and compares all files before anything is saved, so that nothing changes if one file is broken. */
async function compareFiles(api: ApiClient, resource: Resource, files: readonly string[]): Promise<readonly Comparison[]> {
  const { compareDocuments } = await import('../shared/compare-documents.ts');
  const read = files.map(async (file) => {
    const documents = documentsOf(resource, file, await readJsonInput(file));
    return documents.map((wanted) => ({ file, wanted }));
  });
  const comparisons: Comparison[] = [];
  for (const { file, wanted } of (await Promise.all(read)).flat()) {
    const stored = await findOne(api, resource, idOf(resource, wanted));
    // A file without a revision gets the stored one here. Any other revision that differs from the stored one counts as
    // a difference.
    const comparable = { ...wanted, revision: revisionToSave(wanted, stored) };
    comparisons.push({ file, wanted, stored, differences: compareDocuments(stored, comparable) });
  }
  return inOrderOfNames(resource, comparisons);
}

/** Puts documents behind those of the files that they name, such as the interface that they ask for relations. */
function inOrderOfNames(resource: Resource, comparisons: readonly Comparison[]): readonly Comparison[] {
  const byId = new Map(comparisons.map((comparison) => [idOf(resource, comparison.wanted), comparison]));
  const ordered = new Set<Comparison>();
  const visited = new Set<Comparison>();
  const visit = (comparison: Comparison): void => {
    if (visited.has(comparison)) return;
    visited.add(comparison);
    for (const text of textsOf(comparison.wanted)) {
      const named = byId.get(text);
      if (named !== undefined) visit(named);
    }
    ordered.add(comparison);
  };
  for (const comparison of comparisons) visit(comparison);
  return [...ordered];
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function documentsOf(resource: Resource, file: string, content: unknown): readonly ResourceDocument[] {
  const documents = (Array.isArray(content) ? content : [content]) as readonly ResourceDocument[];
  for (const document of documents)
    if (typeof document?.[resource.idField] !== 'string')
      throw new Error(`${file} contains a document without "${resource.idField}", which each of the ${resource.plural} must have.`);
  return documents;
}

function idOf({ idField }: Resource, document: ResourceDocument): string {
  return String(document[idField]);
}

async function getOne(api: ApiClient, resource: Resource, id: string): Promise<ResourceDocument> {
  const { path, idField, isListedOnly, computed = [] } = resource;
  if (isListedOnly !== true) return (await api.call('GET', `${path}/${encodeURIComponent(id)}`)) as ResourceDocument;
  const found = (await readList<ResourceDocument>(api, path)).find((item) => item[idField] === id);
  if (found !== undefined) return Object.fromEntries(Object.entries(found).filter(([field]) => !computed.includes(field)));
  throw new ApiError(404, { code: 'NOT_FOUND', message: `There is no ${resource.command} ${id}.`, fix: 'List them to see the ids.' });
}

async function findOne(api: ApiClient, resource: Resource, id: string): Promise<ResourceDocument | undefined> {
  try {
    return await getOne(api, resource, id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
