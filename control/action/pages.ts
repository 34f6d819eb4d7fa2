/**
 * Splits lists into pages. A page begins after the key of the last item of the page before, not at a position. So items
 * that are added or removed between two pages do not shift other items, and that last item itself may be removed.
 */
import { Type, type Static } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../../engine/contract/values/errors.ts';
import { closed } from './action.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Send it as `after` to get the next page; absent on the last page. */
  readonly next?: string;
}

const MOST = 1000;

/** Input fields of every action that returns a list. */
export const pageFields = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, default: MOST })),
  after: Type.Optional(Type.String({ maxLength: 2000, description: '`next` of the page before' })),
};
export const onlyPage = Type.Object(pageFields, closed);
export type PageQuery = Static<typeof onlyPage>;

/**
 * The values by which a list is ordered, the most significant first. Each item has a different key, and the key of an
 * item never changes. A negated number puts the highest number first.
 */
export type Key = readonly (string | number)[];

const Cursor = Type.Array(Type.Union([Type.String(), Type.Number()]), { minItems: 1, maxItems: 5 });

/**
 * Returns the page after the cursor `after`, ordered by the keys. Throws CURSOR_INVALID (input) if `after` is not a
 * cursor of this list.
 */
export function pageOf<Item>(items: readonly Item[], keyOf: (item: Item) => Key, { limit = MOST, after }: PageQuery): Page<Item> {
  const last = after === undefined ? undefined : readCursor(after);
  const rows = items.map((item) => ({ item, key: keyOf(item) }));
  const rest = last === undefined ? rows : rows.filter(({ key }) => compareKeys(key, last) > 0);
  const page = rest.sort((a, b) => compareKeys(a.key, b.key)).slice(0, limit);
  return { items: page.map(({ item }) => item), ...(rest.length > limit ? { next: writeCursor(page.at(-1)!.key) } : {}) };
}

/**
 * Returns the key in the cursor: the key of the last item of the page before. Throws CURSOR_INVALID (input) if `after`
 * is not a cursor.
 */
export function readCursor(after: string): Key {
  const key = parse(Buffer.from(after, 'base64url').toString());
  if (Value.Check(Cursor, key)) return key;
  throw cursorInvalid();
}

function writeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function compareKeys(a: Key, b: Key): number {
  // A cursor with more or fewer values comes from another list.
  if (a.length !== b.length) throw cursorInvalid();
  for (const [index, one] of a.entries()) {
    const other = b[index]!;
    if (typeof one !== typeof other) throw cursorInvalid();
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function cursorInvalid(): AppError {
  return new AppError('CURSOR_INVALID', 'input', 'The value of `after` is not the `next` of a page of this list.', {
    fix: 'Send `next` of the page before as it came, or leave `after` out to read the list from its start.',
  });
}
