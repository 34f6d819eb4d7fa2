/** Reads the pages of a list one after the other. */
import { parseFieldPath, readSteps, type PathStep } from '../../engine/contract/flow/scope-path.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { OutboundResponse } from '../shared/http/exchange.ts';
import { pathBelow } from '../shared/http/next-path.ts';
import { DEFAULT_MOST_ITEMS, DEFAULT_MOST_PAGES, isForm, type Config, type Pages } from './config.ts';

export interface PageRequest {
  readonly path: string;
  /** The data of the body. */
  readonly data: unknown;
}

export interface Page {
  readonly response: OutboundResponse;
  readonly data: unknown;
}

export interface AllPages {
  /** The response of the last page. */
  readonly response: OutboundResponse;
  readonly items: readonly unknown[];
}

/** All pages together must fit into a message. */
const MOST_BYTES = 52_428_800;

/**
 * Compiles the reading of pages. The returned function begins at the request and rejects with the errors of `read`, and
 * with HTTP_PAGE_WRONG or HTTP_PAGES_TOO_MANY (input): a list is never cut.
 */
export function compilePages(pages: Pages, bodyAs?: Config['bodyAs']) {
  const { by, place, first = 1, maxPages = DEFAULT_MOST_PAGES, maxItems = DEFAULT_MOST_ITEMS } = pages;
  const itemsAt = stepsOf(pages.items);
  const nextAt = stepsOf(pages.next);
  const parameter = pages.parameter ?? by;
  const fieldAt = place !== 'body' ? [] : isForm(bodyAs) ? [parameter] : parseFieldPath(parameter);

  return async (start: PageRequest, baseUrl: string, read: (request: PageRequest) => Promise<Page>): Promise<AllPages> => {
    const items: unknown[] = [];
    const seen = new Set<string>();
    let sizeBytes = 0;
    let at = by === 'page' ? counted(first) : by === 'offset' ? counted(0) : { request: start, key: start.path };
    for (;;) {
      seen.add(at.key);
      const page = await read(at.request);
      sizeBytes += page.response.body.byteLength;
      if (sizeBytes > MOST_BYTES) throw tooMany('bytes', MOST_BYTES);
      const found = itemsOf(page.data, itemsAt, seen.size === 1);
      for (const item of found) items.push(item);
      if (items.length > maxItems) throw tooMany('items', maxItems);
      const next = nextOf(page, { at: at.request.path, found: found.length, items: items.length, pages: seen.size });
      if (next === undefined) return { response: page.response, items };
      if (seen.has(next.key)) throw wrong('circle');
      if (seen.size >= maxPages) throw tooMany('pages', maxPages);
      at = next;
    }

    function nextOf(
      { response, data }: Page,
      so: { readonly at: string; readonly found: number; readonly items: number; readonly pages: number },
    ) {
      if (by === 'link' || by === 'address') {
        const link = by === 'link' ? linkOf(response.headers['link']) : nextIn(data, nextAt)?.toString();
        if (link === undefined) return undefined;
        const below = pathBelow(baseUrl, link, `${baseUrl.replace(/\/$/, '')}${so.at}`);
        if (below === undefined) throw wrong('elsewhere');
        return { request: { ...start, path: below }, key: below };
      }
      if (by === 'cursor') {
        const cursor = nextIn(data, nextAt);
        return cursor === undefined ? undefined : counted(cursor);
      }
      if (so.found === 0 || so.found < (pages.pageSize ?? 0)) return undefined;
      return counted(by === 'page' ? first + so.pages : so.items);
    }

    /** Returns the request for the page at a cursor or number. */
    function counted(value: string | number): { readonly request: PageRequest; readonly key: string } {
      if (place === 'body') return { request: { ...start, data: withField(start.data, fieldAt, value) }, key: String(value) };
      const path = withParameter(start.path, parameter, value);
      return { request: { ...start, path }, key: path };
    }
  };
}

function stepsOf(path: string | undefined): readonly PathStep[] {
  return path === undefined ? [] : parseFieldPath(path);
}

function itemsOf(data: unknown, at: readonly PathStep[], isFirst: boolean): readonly unknown[] {
  const items = readSteps(data, at);
  // Some servers leave out the list of an empty page; on the first page it would be a mistake in the configuration.
  if (items === null || (items === undefined && !isFirst)) return [];
  if (!Array.isArray(items)) throw wrong('items');
  return items as unknown[];
}

/** Returns undefined at the last page. */
function nextIn(data: unknown, at: readonly PathStep[]): string | number | undefined {
  const value = readSteps(data, at);
  if (value === undefined || value === null || value === '' || value === false) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw wrong('next');
}

/** Returns the target of `rel="next"` (RFC 8288). */
function linkOf(header: string | undefined): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(/<([^<>]*)>((?:[^<>",]|"[^"]*")*)/g)) {
    const [, quoted, token = quoted] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters) ?? [];
    if (token?.toLowerCase().split(/\s+/).includes('next') === true) return target;
  }
  return undefined;
}

/** Sets a query parameter, in place of one with this name. */
function withParameter(path: string, name: string, value: string | number): string {
  const [before = '', query = ''] = path.split('?', 2);
  const others = query.split('&').filter((pair) => pair !== '' && pair.split('=', 1)[0] !== encodeURIComponent(name));
  return `${before}?${[...others, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join('&')}`;
}

/** Returns a copy of an object with this field, which may be in an object that is not there yet. */
function withField(data: unknown, [name, ...inner]: readonly PathStep[], value: string | number): unknown {
  if (name === undefined) return value;
  if (!isRecord(data) || data instanceof Uint8Array || Array.isArray(data)) throw wrong('body');
  return { ...data, [name]: withField(inner.length === 0 ? undefined : (data[name] ?? {}), inner, value) };
}

const REASONS = {
  body: 'the body, or what holds the field of the page in it, is no object',
  circle: 'a page leads to one that was read before',
  elsewhere: 'the next page is on another server',
  items: 'there is no list at the field of the items',
  next: 'the field of the next page is neither a text nor a number',
} as const;

function wrong(problem: keyof typeof REASONS): AppError {
  return new AppError('HTTP_PAGE_WRONG', 'input', `The pages cannot be read to their end: ${REASONS[problem]}.`, {
    values: { problem },
    fix: 'Correct the fields of the pages in the node; a link must lead to the address of the adapter.',
  });
}

function tooMany(problem: 'pages' | 'items' | 'bytes', limit: number): AppError {
  return new AppError('HTTP_PAGES_TOO_MANY', 'input', `The list has more than ${limit} ${problem}.`, {
    values: { problem, limit },
    fix: 'Narrow the query, or raise the limit of the node.',
  });
}
