/** The files of an archive, one after the other. */
import type { NameCharset } from './member-name.ts';

export interface Member {
  /** With `/` between its steps, relative and safe. */
  readonly path: string;
  /** The content, which must be read before the next member is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  readonly charset: NameCharset;
  readonly maxFiles: number;
  readonly maxTotalBytes: number;
}
