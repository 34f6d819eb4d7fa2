/** Names of HL7 v2.5.1 segments, fields and components in both languages, for messages in the viewer. */
import type { Language } from '../../../engine/contract/error-texts/error-texts.ts';
import type { Hl7Name, Hl7Segment } from './hl7-name.ts';
import { insuranceSegments } from './hl7-insurance-segments.ts';
import { medicationSegments } from './hl7-medication-segments.ts';
import { orderSegments } from './hl7-order-segments.ts';
import { patientSegments } from './hl7-patient-segments.ts';
import { visitSegments } from './hl7-visit-segments.ts';
import { schedulingSegments } from './hl7-scheduling-segments.ts';
import { systemSegments } from './hl7-system-segments.ts';
import { hl7Types } from './hl7-types.ts';

const SEGMENTS: Readonly<Record<string, Hl7Segment>> = {
  ...systemSegments,
  ...schedulingSegments,
  ...patientSegments,
  ...visitSegments,
  ...insuranceSegments,
  ...orderSegments,
  ...medicationSegments,
};

/**
 * Returns the name of a segment. Returns undefined if the standard does not define it. All Z segments have the same
 * name, because each site defines its own.
 */
export function hl7SegmentName(segment: string, language: Language): string | undefined {
  const known = ownValue(SEGMENTS, segment);
  if (known !== undefined) return inLanguage(known.name, language);
  return isSiteDefined(segment) ? inLanguage(['自定义段', 'Site-defined segment'], language) : undefined;
}

/**
 * Returns the name of a field, or of one of its components: `hl7FieldName('PID', 5, 1, 'zh-CN')`. Numbers start at 1,
 * as in the standard.
 */
export function hl7FieldName(segment: string, field: number, component: number | undefined, language: Language): string | undefined {
  const named = ownValue(SEGMENTS, segment)?.fields[field - 1];
  if (named === undefined) return isSiteDefined(segment) ? siteDefined(field, component, language) : undefined;
  const [, , type] = named;
  if (component === undefined) return inLanguage(named, language);
  const part = type === undefined ? undefined : ownValue(hl7Types, type)?.[component - 1];
  // A field without components counts as its own first component.
  if (part === undefined) return component === 1 ? inLanguage(named, language) : undefined;
  return inLanguage(part, language);
}

/** Returns the name of a subcomponent. It depends on the data type of its component. */
export function hl7SubcomponentName(
  place: { readonly segment: string; readonly field: number; readonly component: number; readonly subcomponent: number },
  language: Language,
): string | undefined {
  const type = ownValue(SEGMENTS, place.segment)?.fields[place.field - 1]?.[2];
  const partType = type === undefined ? undefined : ownValue(hl7Types, type)?.[place.component - 1]?.[2];
  const part = partType === undefined ? undefined : ownValue(hl7Types, partType)?.[place.subcomponent - 1];
  return part === undefined ? undefined : inLanguage(part, language);
}

function isSiteDefined(segment: string): boolean {
  return /^Z[A-Z0-9]{2}$/.test(segment);
}

function siteDefined(field: number, component: number | undefined, language: Language): string {
  if (component === undefined) return inLanguage([`自定义字段 ${field}`, `Site-defined field ${field}`], language);
  return inLanguage([`自定义字段 ${field} 的组件 ${component}`, `Site-defined field ${field}, component ${component}`], language);
}

function inLanguage([zh, en]: Hl7Name, language: Language): string {
  return language === 'zh-CN' ? zh : en;
}

/**
 * Returns an entry of a table, without inherited properties. The name comes from a message, so it may be any text, for
 * example `constructor`.
 */
function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
