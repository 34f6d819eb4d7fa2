/** The output of an action that returns a file: it is sent as a download, never shown by the browser. */
export class FileOutput {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;

  constructor(name: string, content: AsyncIterable<Uint8Array>) {
    this.name = name;
    this.content = content;
  }
}

/**
 * Returns the headers of the download. The type is always that of plain bytes, because what a message says about a file
 * comes from another system.
 */
export function headersOf({ name }: FileOutput): Readonly<Record<string, string>> {
  const safe = name
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '_')
    .slice(0, MOST_NAME)
    .toWellFormed();
  const ascii = safe.replace(/[^\x20-\x7e]|[%']/g, '_');
  const encoded = encodeURIComponent(safe).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}

const MOST_NAME = 200;
