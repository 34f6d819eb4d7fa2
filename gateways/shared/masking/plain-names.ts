import { isUtf8 } from 'node:buffer';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { maskText } from './mask-text.ts';

/** A position in a list, or a name as programs have it. */
const PLAIN = /^(?:\d{1,5}|[@A-Za-z_][\w.:$@~[\]-]{0,39})$/;
/** Shorter texts hide no name in Base64. */
const SHORTEST_BASE64 = 8;

/** Returns whether a text has personal data in it: a number of a person, also in Base64, or letters in Base64. */
export function looksPersonal(text: string): boolean {
  if (maskText(text) !== text) return true;
  if (text.length < SHORTEST_BASE64 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return false;
  const bytes = Buffer.from(text, 'base64');
  if (!isUtf8(bytes)) return false;
  const inner = bytes.toString('utf8');
  return maskText(inner) !== inner || /[^\x00-\x7f]/.test(inner);
}

/**
 * Returns a JSON Pointer as logs and errors may hold it. Callers choose the names in it, so each one that the interface
 * does not declare and that is no plain identifier becomes `*`, which also stands for any name in an exception.
 */
export function showPointer(pointer: string, declared: ReadonlySet<string>): string {
  return pointer
    .split('/')
    .map((part) => (part === '' || declared.has(part) || (PLAIN.test(part) && !looksPersonal(part)) ? part : '*'))
    .join('/');
}

/** Returns the names of all fields that JSON Schemas describe. */
export function declaredNames(...schemas: readonly unknown[]): ReadonlySet<string> {
  const names = new Set<string>();
  const left = [...schemas];
  while (left.length > 0) {
    const node = left.pop();
    if (Array.isArray(node)) left.push(...(node as unknown[]));
    if (!isRecord(node)) continue;
    if (isRecord(node.properties)) for (const name of Object.keys(node.properties)) names.add(name);
    left.push(...Object.values(node));
  }
  return names;
}
