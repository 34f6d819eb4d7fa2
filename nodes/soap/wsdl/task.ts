/** What the thread that reads descriptions is asked. */
import type { ErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { FileReference } from './references.ts';

export interface FetchedFile {
  /** Its address. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface FetchedLink {
  readonly from: string;
  readonly location: string;
  /** The address of the file, or why it could not be read. */
  readonly to: string | ErrorRecord;
}

export type WsdlTask =
  /** Returns the references of a file; none if it cannot be parsed. */
  | { readonly kind: 'references'; readonly file: FetchedFile }
  | {
      readonly kind: 'fetched';
      readonly main: string;
      readonly files: readonly FetchedFile[];
      readonly links: readonly FetchedLink[];
      readonly basePath: string;
    }
  | {
      readonly kind: 'uploaded';
      readonly files: readonly { readonly name: string; readonly content: string }[];
      readonly basePath: string;
    };

export type References = readonly FileReference[];
