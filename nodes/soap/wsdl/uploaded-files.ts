/** Descriptions whose files people uploaded: single files, each also compressed, or ZIP archives. */
import { gunzipSync } from 'node:zlib';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Description } from './description.ts';
import { XSD } from './names.ts';
import { wsdlProblem } from './problems.ts';
import { referencesOf } from './references.ts';
import type { FetchedFile } from './task.ts';
import { isWsdl, targetOf } from './wsdl-set.ts';
import type { XmlNode } from './xml-tree.ts';

const MOST_FILES = 200;
export const MOST_BYTES = 20_000_000;
const USED = /\.(?:wsdl|xsd|xml)$|^[^.]+$|[?]/i;

/** Returns the files, those of archives with their path. Throws WSDL_INVALID (input). Declared sizes are not believed. */
export async function unpack(files: readonly { readonly name: string; readonly content: string }[]): Promise<readonly FetchedFile[]> {
  const unpacked: FetchedFile[] = [];
  let left = MOST_BYTES;
  const keep = (name: string, content: Uint8Array) => {
    left -= content.length;
    if (left < 0 || unpacked.length >= MOST_FILES) throw wsdlProblem('size', { limit: MOST_BYTES });
    unpacked.push({ name, content });
  };
  for (const { name, content } of files) {
    const bytes = Buffer.from(content, 'base64');
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) await unzip(name, bytes, () => left, keep);
    else keep(name, bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(name, bytes, left) : bytes);
  }
  return unpacked;
}

function inflate(name: string, bytes: Buffer, left: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, left) });
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
      ? wsdlProblem('size', { limit: MOST_BYTES })
      : wsdlProblem('archive', { file: name });
  }
}

async function unzip(archive: string, bytes: Buffer, left: () => number, keep: (name: string, content: Buffer) => void): Promise<void> {
  const { fromBufferPromise } = await import('yauzl');
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, strictFileNames: false });
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (name.endsWith('/') || name.startsWith('__MACOSX/') || !USED.test(name.slice(name.lastIndexOf('/') + 1))) continue;
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of await zip.openReadStreamPromise(entry)) {
        size += (part as Buffer).length;
        if (size > left()) throw wsdlProblem('size', { limit: MOST_BYTES });
        parts.push(part as Buffer);
      }
      keep(name, Buffer.concat(parts));
    }
  } catch (error) {
    throw error instanceof AppError ? error : wsdlProblem('archive', { file: archive });
  }
}

/**
 * Finds out which files belong together. A reference means the file at its relative path; if there is none, the only
 * file with that name; if there is none, the only schema with that namespace.
 */
export function describeUploaded(parsed: readonly (readonly [string, XmlNode | AppError])[]): Description {
  const files = new Map(parsed);
  const byName = groupBy([...files.keys()], (path) => lastStep(path));
  const byTarget = groupBy([...files], ([, file]) => (file instanceof AppError || !isSchema(file) ? undefined : targetOf(file)));
  const resolve: Description['resolve'] = (from, location, line, namespace) => {
    const path = relativePath(from, location);
    if (files.has(path)) return path;
    const named = byName.get(lastStep(location)) ?? [];
    if (named.length === 1) return named[0]!;
    const targeted = namespace === undefined ? [] : (byTarget.get(namespace) ?? []);
    return targeted.length === 1 ? targeted[0]![0] : wsdlProblem('absent', { file: from, line, target: location });
  };
  const imported = new Set<string | AppError>();
  for (const [name, file] of files)
    if (!(file instanceof AppError))
      for (const one of referencesOf(file)) imported.add(resolve(name, one.location, one.line, one.namespace));
  const wsdls = [...files].filter(([, file]) => !(file instanceof AppError) && isWsdl(file)).map(([name]) => name);
  const free = wsdls.filter((name) => !imported.has(name));
  if (wsdls.length > 0) return { main: free.length === 0 ? wsdls : free, files, resolve };
  // Without a readable WSDL: say what is wrong with the first file that could be one.
  const broken = [...files.values()].find((file) => file instanceof AppError);
  const other = [...files.values()].find((file): file is XmlNode => !(file instanceof AppError) && !isSchema(file));
  if (broken !== undefined) throw broken;
  if (other !== undefined) return { main: [other.file], files, resolve };
  throw wsdlProblem('empty', {});
}

function isSchema({ uri, name }: XmlNode): boolean {
  return uri === XSD && name === 'schema';
}

/** Resolves a location as a URL would be, without leaving the uploaded files. */
function relativePath(from: string, location: string): string {
  const base = new URL('upload://files/');
  try {
    const url = new URL(location.replaceAll('\\', '/'), new URL(from.split('/').map(encodeURIComponent).join('/'), base));
    return url.host === base.host ? decodeURIComponent(url.pathname.slice(1)) : '';
  } catch {
    return '';
  }
}

/** The file name of a location; that of a query too (`service?xsd=types.xsd`). */
function lastStep(location: string): string {
  return location.slice(Math.max(location.lastIndexOf('/'), location.lastIndexOf('\\'), location.lastIndexOf('=')) + 1).toLowerCase();
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
