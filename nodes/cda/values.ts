/** Data types of HL7 version 3 (Data Types R1) as plain data. A value that is not there is null. */
import { all, first, textOf, type Element } from './read-tree.ts';

export interface Id {
  readonly root: string | null;
  readonly extension: string | null;
  /** Why it is absent. */
  readonly nullFlavor?: string;
}

export interface Code {
  readonly code: string | null;
  readonly system: string | null;
  readonly systemName: string | null;
  readonly display: string | null;
}

export function idOf(element: Element | undefined): Id | null {
  const root = element?.attributes['root'] ?? null;
  const extension = element?.attributes['extension'] ?? null;
  const nullFlavor = nullFlavorOf(element);
  if (nullFlavor !== undefined) return { root, extension, nullFlavor };
  return root === null && extension === null ? null : { root, extension };
}

/** The reason that an element gives for having no value, such as UNK (unknown) or ASKU (asked but unknown). */
export function nullFlavorOf(element: Element | undefined): string | undefined {
  return element?.attributes['nullFlavor'];
}

export function idsOf(element: Element | undefined): readonly Id[] {
  return all(element, 'id').flatMap((one) => idOf(one) ?? []);
}

export function codeOf(element: Element | undefined): Code | null {
  if (element === undefined) return null;
  const { code = null, codeSystem: system = null, codeSystemName: systemName = null, displayName } = element.attributes;
  const display = displayName ?? textOf(first(element, 'originalText'));
  return code === null && display === null ? null : { code, system, systemName, display };
}

/** The time as HL7 writes it (`20260102030405+0800`). */
export function timeOf(element: Element | undefined): string | null {
  return element?.attributes['value'] ?? null;
}

export interface Period {
  readonly value: string | null;
  readonly start: string | null;
  readonly end: string | null;
}

export function periodOf(element: Element | undefined): Period | null {
  const period = { value: timeOf(element), start: timeOf(first(element, 'low')), end: timeOf(first(element, 'high')) };
  return period.value === null && period.start === null && period.end === null ? null : period;
}

export function quantityOf(element: Element | undefined): { readonly value: string; readonly unit: string | null } | null {
  const { value, unit = null } = element?.attributes ?? {};
  return value === undefined ? null : { value, unit };
}

/** A name as one text: Chinese names have the family first, without a blank. */
export function nameOf(element: Element | undefined): string | null {
  if (element === undefined) return null;
  const family = all(element, 'family').map(textOf).join('');
  const given = all(element, 'given').map(textOf).join(' ');
  if (family === '' || given === '') return textOf(element);
  return /[\u3400-\u9fff]/.test(family) ? `${family}${given.replaceAll(' ', '')}` : `${given} ${family}`;
}

export function telecomsOf(element: Element | undefined): readonly string[] {
  return all(element, 'telecom').flatMap(({ attributes }) => attributes['value'] ?? []);
}

export function addressesOf(element: Element | undefined): readonly string[] {
  return all(element, 'addr').flatMap((one) => textOf(one) ?? []);
}

/** The value of an observation, by its xsi:type. */
export function valueOf(element: Element): Readonly<Record<string, unknown>> {
  const type = element.attributes['xsi:type'] ?? null;
  const { value = null, unit = null, mediaType = null } = element.attributes;
  // An interval: a range of quantities, or a period.
  if (/^IVL_PQ$/.test(type ?? '')) return { type, ...rangeOf(element) };
  if (/^IVL_TS$/.test(type ?? '')) return { type, ...periodOf(element) };
  switch (type) {
    case 'CD':
    case 'CE':
    case 'CV':
    case 'CO':
    case 'CS':
      return { type, ...codeOf(element) };
    case 'PQ':
      return { type, value, unit };
    case 'II':
      return { type, ...idOf(element) };
    case 'ED':
      return { type, mediaType, value: textOf(element) };
    default:
      return { type, value: value ?? textOf(element) };
  }
}

function rangeOf(element: Element): Readonly<Record<'low' | 'high' | 'unit', string | null>> {
  const [low, high] = [first(element, 'low')?.attributes, first(element, 'high')?.attributes];
  return { low: low?.['value'] ?? null, high: high?.['value'] ?? null, unit: low?.['unit'] ?? high?.['unit'] ?? null };
}
