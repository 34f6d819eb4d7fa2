import { decodeUtf8 } from '../content/media.ts';
import { readMultipart } from '../content/read-multipart.ts';
import { foldParameter, type Pair } from './read-pairs.ts';

/**
 * Reads the fields of a `multipart/form-data` body (RFC 7578) that are not files; a file has an empty value. Returns
 * undefined for a body that readers could read differently. Linear in the length of the body.
 */
export function readMultipartFields(body: Uint8Array, contentType: string): readonly Pair[] | undefined {
  const pairs = readMultipart(body, contentType)?.map(({ name, fileNames, content }) => {
    const value = fileNames.length > 0 ? '' : decodeUtf8(content);
    return value === undefined ? undefined : { name, folded: foldParameter(name), value };
  });
  return pairs?.every((pair) => pair !== undefined) ? pairs : undefined;
}
