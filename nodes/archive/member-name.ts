/** Names of the members of archives: in which charset they are written, and which are safe. */
import { decodeText } from '../shared/charset/text-charset.ts';
import { archiveError } from './archive-error.ts';

export type NameCharset = 'auto' | 'UTF-8' | 'GBK';

const MOST_CHARACTERS = 1000;
const MOST_NAME_BYTES = 255;

/** Decodes a name that does not say its charset. Automatic: UTF-8 if it is valid, otherwise GBK, as Windows in Chinese writes. */
export function decodeName(bytes: Uint8Array, charset: NameCharset, entry: number): string {
  for (const one of charset === 'auto' ? ['UTF-8', 'GBK'] : [charset]) {
    try {
      return decodeText(bytes, one);
    } catch {
      // The next one.
    }
  }
  throw archiveError('ARCHIVE_NAME_REFUSED', 'charset', { entry });
}

/**
 * Returns the name with `/` between its steps. Throws ARCHIVE_NAME_REFUSED (input) if it is absolute or leads out of the
 * archive, or if no file can have it.
 */
export function safeName(name: string, entry: number): string {
  const path = name.replaceAll('\\', '/');
  const steps = path.split('/');
  if (/^(?:\/|[A-Za-z]:)/.test(path) || steps.includes('..')) throw archiveError('ARCHIVE_NAME_REFUSED', 'escape', { entry });
  const isName = (step: string) => step !== '' && step !== '.' && Buffer.byteLength(step) <= MOST_NAME_BYTES;
  if (path.length > MOST_CHARACTERS || /[\u0000-\u001f\u007f]/.test(path) || !steps.every(isName))
    throw archiveError('ARCHIVE_NAME_REFUSED', 'name', { entry });
  return path;
}
