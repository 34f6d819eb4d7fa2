/** Searches executions from the command line, in the store and in the archive. */
import { InvalidArgumentError, Option } from 'commander';
import type { ExecutionPage } from '../../engine/operate/interface.ts';
import type { ApiClient } from './api-client.ts';
import { formatTable, type Terminal } from './terminal.ts';

export interface SearchOptions {
  readonly key?: string;
  readonly flow?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: string;
  readonly json?: boolean;
}

export function searchOptions(): readonly Option[] {
  return [
    new Option('--key <name=value>', 'business key; requires the right to see payloads'),
    new Option('--flow <id>', 'only of this flow'),
    new Option('--from <time>', 'accepted from this time, for example 2026-11-01').argParser(time),
    new Option('--to <time>', 'accepted until this time').argParser(time),
    new Option('--limit <number>', 'at most this many').default('50'),
    new Option('--json', 'as JSON'),
  ];
}

/** Returns one page of executions. `conditions` are further query fields of `GET /executions`. */
export async function searchExecutions(
  api: ApiClient,
  conditions: Readonly<Record<string, string | boolean | undefined>>,
  { key, flow, from, to, limit }: SearchOptions,
): Promise<ExecutionPage> {
  const all = { ...conditions, limit: Number(limit), flowId: flow, from, to };
  // The value of a business key identifies a patient. Send it in the body, since URLs end up in logs.
  if (key !== undefined) return (await api.call('POST', '/executions/search', { ...all, ...keyOf(key) })) as ExecutionPage;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, String(value));
  return (await api.call('GET', `/executions?${query.toString()}`)) as ExecutionPage;
}

export function printPage(terminal: Terminal, page: ExecutionPage, { json }: Pick<SearchOptions, 'json'>): void {
  if (json === true) return terminal.print(JSON.stringify(page.items, null, 2));
  const rows = page.items.map((item) => [item.executionId, new Date(item.acceptedAt).toISOString(), item.flowId, item.status]);
  terminal.print(formatTable([['EXECUTION', 'ACCEPTED', 'FLOW', 'STATUS'], ...rows]));
  if (page.searchedFrom !== undefined)
    terminal.tell(`Searched back to ${new Date(page.searchedFrom).toISOString()}; give a time to search further.`);
  if (page.next !== undefined) terminal.tell('There are more: raise --limit, or narrow the time range.');
}

function keyOf(key: string): { readonly keyName: string; readonly keyValue: string } {
  const at = key.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write a business key as name=value.');
  return { keyName: key.slice(0, at), keyValue: key.slice(at + 1) };
}

function time(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('Write a time as 2026-11-01 or 2026-11-01T08:00+08:00.');
  return at;
}
