import type { Page } from '../../control/action/pages.ts';
import type { ApiClient } from './api-client.ts';

/** Reads a list of the admin API to its end, page by page. `path` must not contain a query. */
export async function readList<Item>(api: Pick<ApiClient, 'call'>, path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let query = ''; ;) {
    const page = (await api.call('GET', `${path}${query}`)) as Page<Item>;
    items.push(...page.items);
    if (page.next === undefined) return items;
    query = `?after=${encodeURIComponent(page.next)}`;
  }
}
