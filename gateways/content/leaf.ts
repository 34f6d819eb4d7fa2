/** Where a value of a request travels. */
export const CARRIERS = ['path', 'query', 'header', 'cookie', 'body', 'form', 'xml', 'multipart'] as const;
export type Carrier = (typeof CARRIERS)[number];

/** Longest part of a place that is shown. */
const SHOWN = 64;

/**
 * The place of the leaf that is being read. It is a text only when somebody asks, because most leaves are never
 * reported.
 */
export class LeafPath {
  carrier: Carrier = 'body';
  readonly #parts: (string | number)[] = [];

  get depth(): number {
    return this.#parts.length;
  }

  enter(part: string | number): void {
    this.#parts.push(part);
  }

  replace(part: string | number): void {
    this.#parts[this.#parts.length - 1] = part;
  }

  leave(): void {
    this.#parts.pop();
  }

  /** Goes back to a depth, after a reader that stopped early. */
  leaveTo(depth: number): void {
    this.#parts.length = depth;
  }

  /** The place as a JSON Pointer (RFC 6901) within the carrier. Long names are cut. */
  toString(): string {
    return this.#parts.map((part) => `/${escapePart(String(part))}`).join('');
  }
}

function escapePart(part: string): string {
  const short = part.length > SHOWN ? `${part.slice(0, SHOWN)}…` : part;
  return short.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * Called for each leaf: a value, or a name that a caller chose (`isName`). Returns true to stop the reading. The path is
 * that of the leaf during the call only; a name's path is its parent's.
 */
export type VisitLeaf = (text: string, path: LeafPath, isName: boolean) => boolean;
