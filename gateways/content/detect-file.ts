import { fileTypeFromBuffer } from 'file-type';
import { detectText } from './detect-text.ts';
import { hasExecutableExtension } from './file-name.ts';
import { findZipEnd, readZipNames } from './read-zip-names.ts';

export interface Detected {
  /** A name of `FILE_TYPES`, or of another kind (`exe`, `html`, `gz`); undefined if nobody knows it. */
  readonly kind: string | undefined;
  /**
   * Why the file must not pass, also if its type is accepted. `two-types`: it is also an archive, or has markup or a script in it
   * that a browser or server would run. `archive`: two readers would read the archive differently. `members`: the
   * archive holds programs, or names that lead out of it.
   */
  readonly fault?: 'two-types' | 'archive' | 'members';
}

const PDF = Buffer.from('%PDF-');
const ZIP = Buffer.from('PK');
const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * Returns what a file is, by its content alone. Texts come first, because two letters at the start are enough for some
 * binary types (`BM`, `MZ`). Archives are read here: file-type would unpack parts of them. What it reads of other types
 * is bounded by its own limits.
 */
export function detectFile(content: Uint8Array): Detected | Promise<Detected> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.subarray(0, PDF.length).equals(PDF)) return settle(bytes, 'pdf');
  const text = detectText(bytes);
  if (text !== undefined) return { kind: text };
  if (bytes.subarray(0, 2).equals(ZIP)) return detectArchive(bytes);
  if (bytes.subarray(0, 2).equals(GZIP)) return { kind: 'gz' };
  return fileTypeFromBuffer(bytes).then(
    (found) => settle(bytes, found && (NAMES[found.ext] ?? found.ext)),
    () => ({ kind: undefined }),
  );
}

/** Our names of what file-type calls otherwise. */
const NAMES: Readonly<Record<string, string>> = { jpg: 'jpeg', tif: 'tiff', dcm: 'dicom', apng: 'png' };

/** Types that two or three letters decide for file-type: they must go on as their format says. */
const CONFIRMED: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  bmp: (bytes) => bytes.length > 26 && [12, 40, 52, 56, 64, 108, 124].includes(bytes.readUInt32LE(14)),
  gif: (bytes) => /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6)),
};

function settle(bytes: Buffer, kind: string | undefined): Detected {
  if (kind === undefined || CONFIRMED[kind]?.(bytes) === false) return { kind: undefined };
  return findZipEnd(bytes) !== undefined || hasMarkup(bytes, kind) ? { kind, fault: 'two-types' } : { kind };
}

/** Pictures hold texts at both ends: comments, and what was appended. Others may quote markup, but not begin with it. */
const PICTURES = new Set(['jpeg', 'png', 'tiff', 'bmp', 'gif']);
const PICTURE_EDGE_BYTES = 64 * 1024;
const OTHER_EDGE_BYTES = 1024;
const MARKUP = /<(?:script|html|iframe)[\s>/]|<!doctype\s|<\?php\s/i;

function hasMarkup(bytes: Buffer, kind: string): boolean {
  const isPicture = PICTURES.has(kind);
  const edge = isPicture ? PICTURE_EDGE_BYTES : OTHER_EDGE_BYTES;
  if (MARKUP.test(bytes.toString('latin1', 0, edge))) return true;
  return isPicture && bytes.length > edge && MARKUP.test(bytes.toString('latin1', Math.max(edge - 16, bytes.length - edge)));
}

function detectArchive(bytes: Buffer): Detected {
  const names = readZipNames(bytes);
  if (names === undefined) return { kind: 'zip', fault: 'archive' };
  const kind = archiveKind(new Set(names), names);
  return names.some(isHarmful) ? { kind, fault: 'members' } : { kind };
}

const OFFICE = [
  ['word/', 'docx', 'docm'],
  ['xl/', 'xlsx', 'xlsm'],
  ['ppt/', 'pptx', 'pptm'],
] as const;

/** Recognises an office document by its directories, so that macros cannot hide behind what it declares. */
function archiveKind(has: ReadonlySet<string>, names: readonly string[]): string {
  if (has.has('meta-inf/manifest.mf')) return 'jar';
  if (has.has('androidmanifest.xml')) return 'apk';
  if (has.has('ofd.xml')) return 'ofd';
  if (has.has('mimetype')) return 'odf';
  if (!has.has('[content_types].xml')) return 'zip';
  const found = OFFICE.filter(([directory]) => names.some((name) => name.startsWith(directory)));
  const [office] = found;
  if (office === undefined || found.length > 1) return 'zip';
  return names.some((name) => name.endsWith('vbaproject.bin')) ? office[2] : office[1];
}

function isHarmful(name: string): boolean {
  const parts = name.split(/[/\\]/);
  return (
    name.startsWith('/') || /^[a-z]:/.test(name) || parts.includes('..') || name.includes('\0') || hasExecutableExtension(parts.at(-1)!)
  );
}
