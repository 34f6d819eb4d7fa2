/**
 * Texts with placeholders, such as `/patients/{data.patient.id}`, compiled once. Each placeholder is a scope path.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Scope } from '../../../engine/contract/node/node.ts';
import { compileScopePath } from '../../../engine/contract/flow/scope-path.ts';

export type EncodeValue = (value: string, placeholder: string) => string;

/**
 * Returns a function that fills in the text. Each value is encoded by `encode`, which also gets the placeholder's
 * text; the text between placeholders is encoded by `encodeFixed`. A text that consists of one placeholder without a
 * value becomes `undefined`, so that a header or query field can be left out. Throws PATH_INVALID (input) if a
 * placeholder is not a path.
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
 * Percent-encodes one value of a path. Throws HTTP_VALUE_REFUSED (input) for empty values and dot segments, because
 * they would address another resource.
 */
export function encodePathValue(value: string, placeholder: string): string {
  if (value === '' || value === '.' || value === '..')
    throw refuse(placeholder, 'is empty or a dot segment and cannot be used in a path', 'empty');
  return encodeQueryValue(value, placeholder);
}

/** Percent-encodes one value of a query. */
export function encodeQueryValue(value: string, placeholder: string): string {
  if (!value.isWellFormed()) throw refuse(placeholder, 'is not valid Unicode', 'unicode');
  return encodeURIComponent(value);
}

/**
 * Checks and returns a header value. Throws HTTP_VALUE_REFUSED (input) if it has characters outside ISO 8859-1 or
 * control characters, which could end the header line.
 */
export function encodeHeaderValue(value: string, placeholder: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw refuse(placeholder, 'contains characters that a header cannot have', 'header');
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
