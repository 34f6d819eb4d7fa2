/** Texts with placeholders, `/patients/{data.patient.id}`: compiled once; each placeholder is a scope path. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Scope } from '../../../engine/contract/node/node.ts';
import { compileScopePath } from '../../../engine/contract/flow/scope-path.ts';

export type EncodeValue = (value: string, placeholder: string) => string;

/**
 * Returns a function that fills in the text. Each value passes through `encode` with its placeholder's text, the rest
 * through `encodeFixed`. A text that consists of one placeholder without a value becomes `undefined`, so that a
 * header or query field can be left out. PATH_INVALID (input) on bad text.
 */
export function compileTemplate(
  template: string,
  encode: EncodeValue,
  encodeFixed: (text: string) => string = (text) => text,
): (scope: Scope) => string | undefined {
  // Pieces at odd positions are placeholders.
  const pieces = template.split(/\{([^{}]*)\}/).map((piece, index) => (index % 2 === 1 ? piece : encodeFixed(piece)));
  const readers = pieces.map((piece, index) => (index % 2 === 1 ? compileScopePath(piece) : undefined));
  if (pieces.length === 1) return () => pieces[0];
  const isSinglePlaceholder = pieces.length === 3 && pieces[0] === '' && pieces[2] === '';
  return (scope) => {
    let text = '';
    for (const [index, piece] of pieces.entries()) {
      const value = readers[index]?.(scope);
      if (isSinglePlaceholder && index === 1 && (value === undefined || value === null)) return undefined;
      text += readers[index] === undefined ? piece : encode(asText(value, piece), piece);
    }
    return text;
  };
}

/**
 * Percent-encodes one value of a path. Empty values and dot segments would name another resource: HTTP_VALUE_REFUSED
 * (input).
 */
export function encodePathValue(value: string, placeholder: string): string {
  if (value === '' || value === '.' || value === '..')
    throw refuse(placeholder, 'is empty or a dot segment and cannot stand in a path', 'empty');
  return encodeQueryValue(value, placeholder);
}

/** Percent-encodes one value of a query. */
export function encodeQueryValue(value: string, placeholder: string): string {
  if (!value.isWellFormed()) throw refuse(placeholder, 'is not valid Unicode', 'unicode');
  return encodeURIComponent(value);
}

/**
 * Values of headers: characters of ISO 8859-1 without controls, so that none ends the line. HTTP_VALUE_REFUSED
 * (input) otherwise.
 */
export function encodeHeaderValue(value: string, placeholder: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw refuse(placeholder, 'holds characters that a header cannot carry', 'header');
  return value;
}

function asText(value: unknown, placeholder: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw refuse(placeholder, 'is neither a text nor a number', 'type');
}

function refuse(placeholder: string, why: string, problem: string): AppError {
  return new AppError('HTTP_VALUE_REFUSED', 'input', `The value of {${placeholder}} ${why}.`, {
    values: { problem, placeholder },
    fix: 'Check the value before the call, or correct the path of the placeholder.',
  });
}
