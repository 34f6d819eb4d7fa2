/** Texts of HL7 v2 as primitive values of FHIR. */

export interface TimeOptions {
  /** The offset for times that name none, for example `+08:00`. */
  readonly offset: string;
}

/** Returns the value in a primitive type of FHIR; undefined if the text is none of that type. */
export function toPrimitive(text: string, type: string, { offset }: TimeOptions): string | number | boolean | undefined {
  switch (type) {
    case 'date':
      return toDate(text);
    case 'dateTime':
      return toDateTime(text, offset);
    case 'instant': {
      const time = toDateTime(text, offset);
      return time !== undefined && time.length > 10 ? time : undefined;
    }
    case 'time':
      return toTime(text);
    case 'boolean':
      return /^(?:Y|1|true)$/i.test(text) ? true : /^(?:N|0|false)$/i.test(text) ? false : undefined;
    case 'decimal':
      return toNumber(text, /^[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})$/);
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return toNumber(text, /^[+-]?\d{1,9}$/);
    case 'code':
    case 'id':
    case 'uri':
    case 'url':
    case 'canonical':
      return type === 'code' ? text.replace(/\s+/g, ' ') : /\s/.test(text) ? undefined : text;
    default:
      return text;
  }
}

function toNumber(text: string, pattern: RegExp): number | undefined {
  return pattern.test(text) ? Number(text) : undefined;
}

/** `YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ]` (HL7 v2.8, 2.A.21). */
const DTM = /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,4})?)?)?)?)?)?([+-]\d{4})?$/;

function toDate(text: string): string | undefined {
  const [whole, year, month, day] = DTM.exec(text) ?? [];
  return whole === undefined ? undefined : [year, month, day].filter((part) => part !== undefined).join('-');
}

function toDateTime(text: string, offset: string): string | undefined {
  const [whole, , , , hour, minute = '00', second = '00', fraction = '', zone] = DTM.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const date = toDate(text)!;
  // FHIR allows a time only with its minute, second and offset.
  return hour === undefined
    ? date
    : `${date}T${hour}:${minute}:${second}${fraction}${zone === undefined ? offset : `${zone.slice(0, 3)}:${zone.slice(3)}`}`;
}

function toTime(text: string): string | undefined {
  const [whole, hour, minute = '00', second = '00', fraction = ''] =
    /^(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,4})?)?)?(?:[+-]\d{4})?$/.exec(text) ?? [];
  return whole === undefined ? undefined : `${hour}:${minute}:${second}${fraction}`;
}

/** Names of code systems of HL7 table 0396 that FHIR knows by another name. */
const SYSTEMS: Readonly<Record<string, string>> = {
  LN: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  UCUM: 'http://unitsofmeasure.org',
  I10: 'http://hl7.org/fhir/sid/icd-10',
  I9C: 'http://hl7.org/fhir/sid/icd-9-cm',
  CVX: 'http://hl7.org/fhir/sid/cvx',
  RXNORM: 'http://www.nlm.nih.gov/research/umls/rxnorm',
};

/** Returns the URI of a code system that a message names. */
export function toSystem(name: string): string {
  const table = /^HL7(\d{4})$/.exec(name)?.[1];
  if (table !== undefined) return `http://terminology.hl7.org/CodeSystem/v2-${table}`;
  if (Object.hasOwn(SYSTEMS, name)) return SYSTEMS[name]!;
  if (/^\d+(?:\.\d+)+$/.test(name)) return `urn:oid:${name}`;
  return name;
}
