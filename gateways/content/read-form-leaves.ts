import type { LeafPath, VisitLeaf } from './leaf.ts';

/**
 * Visits names and values of `name=value` pairs: a query, a form body or cookies. A pair without `=` is a value without
 * a name. What is no whole escape stays as it is. Returns true if the visitor stopped.
 */
export function readFormLeaves(text: string, separator: '&' | ';', path: LeafPath, visit: VisitLeaf): boolean {
  let from = 0;
  while (from <= text.length) {
    const next = text.indexOf(separator, from);
    const end = next < 0 ? text.length : next;
    if (end > from && readPair(text.slice(from, end), separator, path, visit)) return true;
    from = end + 1;
  }
  return false;
}

function readPair(pair: string, separator: '&' | ';', path: LeafPath, visit: VisitLeaf): boolean {
  const equals = pair.indexOf('=');
  const name = decodePart(equals < 0 ? pair : pair.slice(0, equals)).trim();
  if (visit(name, path, true)) return true;
  if (equals < 0) return false;
  const value = pair.slice(equals + 1);
  path.enter(name);
  const stops = visit(decodePart(separator === ';' ? unquote(value) : value), path, false);
  path.leave();
  return stops;
}

function decodePart(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function unquote(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
