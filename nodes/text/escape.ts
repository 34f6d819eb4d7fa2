/** How values are written into a template, by the kind of text that it makes. */
import { Type, type Static } from 'typebox';
import { escapeHl7 } from '../shared/hl7/escapes.ts';

export const OutputKind = Type.Union([
  Type.Literal('none'),
  Type.Literal('xml'),
  Type.Literal('html'),
  Type.Literal('json'),
  Type.Literal('csv'),
  Type.Literal('hl7'),
]);
export type OutputKind = Static<typeof OutputKind>;

export const MEDIA_TYPES: Readonly<Record<OutputKind, string>> = {
  none: 'text/plain',
  xml: 'application/xml',
  html: 'text/html',
  json: 'application/json',
  csv: 'text/csv',
  hl7: 'application/hl7-v2',
};

const HL7 = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' } as const;
const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Returns a value as it stands in the text. Throws a TypeError if only a single value can stand there. */
export function escapeValue(value: unknown, kind: OutputKind): string {
  if (kind === 'json') return JSON.stringify(value ?? null);
  const text = toText(value);
  switch (kind) {
    case 'none':
      return text;
    case 'xml':
    case 'html':
      return text.replace(/[&<>"']/g, (character) => MARKUP[character]!);
    case 'csv':
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    case 'hl7':
      return escapeHl7(text, HL7);
  }
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('a list or an object is no text: name one of its fields, or use "for" or "join"');
}
