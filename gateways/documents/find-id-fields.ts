/** Finds parameters of an interface that look like ids of objects. Pure. */
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { InterfaceDocument } from './interface-document.ts';

/** Names, in lower case and without `_` and `-`. */
const ID_NAMES = new Set([
  ...['patient', 'patientno', 'pid', 'uid', 'userid', 'memberid', 'empi', 'mpi', 'visitno', 'admissionno', 'orderno', 'reportno'],
  ...['idcard', 'idno', 'idnumber', 'certno', 'identityno', 'sfzh', 'sfzhm', 'cardno', 'cardnumber', 'mrn', 'medicalrecordno'],
  ...['phone', 'mobile', 'phonenumber', 'invoiceno', 'prescriptionno', 'accountno', 'healthcardno', 'jzkh', 'ybkh', 'grbh'],
]);
const CHINESE = /身份证|证件号|卡号|就诊号|住院号|门诊号|病历号|病案号|患者编号|个人编号|健康码|手机号|编号$/;
const MOST_FIELDS = 50;
const MAX_DEPTH = 12;

/**
 * Returns locators of parameters with names such as `id`, `patientId`, `cardNo` or 身份证, from the path and the
 * schemas of query and body; at most 50.
 */
export function findIdFields({ path, querySchema, requestSchema }: InterfaceDocument): readonly string[] {
  const found: string[] = [];
  for (const [, name] of path.matchAll(/\/:([^/]+)/g)) found.push(`path:${name!}`);
  // Every parameter of a path names something; those of query and body only by their names.
  for (const name of Object.keys(propertiesOf(querySchema))) if (isIdName(name)) found.push(`query:${name}`);
  collect(requestSchema, 'json:$', found, 0);
  return found.slice(0, MOST_FIELDS);
}

export function isIdName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '');
  return plain === 'id' || ID_NAMES.has(plain) || /(?:[a-z0-9](?:Id|ID)|_id|-id)s?$/.test(name) || CHINESE.test(name);
}

function collect(schema: unknown, place: string, found: string[], depth: number): void {
  if (!isRecord(schema) || depth > MAX_DEPTH || found.length >= MOST_FIELDS) return;
  for (const [name, field] of Object.entries(propertiesOf(schema))) {
    const at = /^[^.[\]'"*\s]+$/.test(name) ? `${place}.${name}` : `${place}['${name}']`;
    if (isRecord(field) && (isRecord(field['properties']) || isRecord(field['items']))) collect(field, at, found, depth + 1);
    else if (isIdName(name)) found.push(at);
  }
  const items = schema['items'];
  if (!isRecord(items)) return;
  // A list of plain values has the name of its field.
  const name = /[^.$[\]']+(?='?\]?$)/.exec(place)?.[0];
  if (isRecord(items['properties'])) collect(items, `${place}[*]`, found, depth + 1);
  else if (name !== undefined && isIdName(name)) found.push(`${place}[*]`);
}

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) ? properties : {};
}
