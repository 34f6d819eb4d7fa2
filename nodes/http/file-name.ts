/** The name of a file in a response (RFC 6266, RFC 8187). */
import { endingOf } from '../shared/media-type-of.ts';

const MOST_CHARACTERS = 255;

/**
 * Returns the name that the header gives, otherwise the last step of the path if it looks like the name of a file,
 * otherwise a name by the media type.
 */
export function fileNameOf(disposition: string | undefined, path: string, mediaType: string): string {
  const header = (disposition ?? '').slice(0, 4000);
  const [, encoded] = /;\s*filename\*\s*=\s*utf-8'[^';]*'([^;\s"]+)/i.exec(header) ?? [];
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(header) ?? [];
  const plain = quoted?.replace(/\\(.)/g, '$1') ?? token;
  // An id such as 1.2.840 is no name of a file.
  const last = /\/([^/]+\.(?=\d*[a-z])[a-z\d]{1,10})$/i.exec(path.split('?', 1)[0]!)?.[1];
  const given = safeName(percentDecoded(encoded)) ?? safeName(utf8(plain)) ?? safeName(percentDecoded(last));
  return given ?? `file.${endingOf(mediaType)}`;
}

/** Headers are read as ISO 8859-1, but many servers write UTF-8. */
function utf8(text: string | undefined): string | undefined {
  if (text === undefined || !/^[\0-\xff]*$/.test(text)) return text;
  const read = Buffer.from(text, 'latin1').toString('utf8');
  return read.includes('\ufffd') ? text : read;
}

function percentDecoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Returns the name without folders; undefined if nothing usable is left. */
function safeName(name: string | undefined): string | undefined {
  const plain = name
    ?.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
    .replace(/[\0-\x1f\x7f]/g, '')
    .trim();
  return plain === undefined || plain === '' || plain === '.' || plain === '..' ? undefined : plain.slice(0, MOST_CHARACTERS);
}
