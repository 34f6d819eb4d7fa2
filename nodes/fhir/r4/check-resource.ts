/**
 * Checks a resource against FHIR R4: unknown fields, types, formats, required fields, lists, required bindings, and one
 * value[x]. Terminologies and profiles are not checked. A problem names the place and the rule, never a value.
 */
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import type { Text } from '../../../engine/contract/values/texts.ts';
import { fhirShapes, isResourceType, type FieldShape, type FhirShapes } from './shapes.ts';

export interface FhirProblem {
  /** A FHIRPath such as `Patient.name[0].given[1]`. */
  readonly place: string;
  readonly problem: keyof typeof TEXTS;
  readonly text: Text;
}

const TEXTS = {
  'no-resource': ['没有已知的 resourceType', 'has no known resourceType'],
  unknown: ['没有这个字段', 'there is no such field'],
  required: ['必填字段缺失', 'a required field is missing'],
  list: ['必须是非空的列表', 'must be a list that is not empty'],
  'no-list': ['不能是列表', 'must not be a list'],
  object: ['必须是非空的对象', 'must be an object that is not empty'],
  type: ['类型或格式不对', 'has the wrong type or format'],
  code: ['不是允许的代码', 'is none of the allowed codes'],
  choice: ['多选一的字段只能有一个', 'only one of these fields may be present'],
  depth: ['嵌套过深', 'is nested too deeply'],
} as const;

const MOST_PROBLEMS = 50;
const MOST_DEPTH = 40;

/** Checks a resource, one object per step. */
export function* resourceSteps(resource: unknown): Generator<void, readonly FhirProblem[]> {
  const problems: FhirProblem[] = [];
  yield* checkResource(resource, '', 0, { shapes: fhirShapes(), problems });
  return problems.slice(0, MOST_PROBLEMS);
}

interface Check {
  readonly shapes: FhirShapes;
  readonly problems: FhirProblem[];
}

function add(check: Check, place: string, problem: FhirProblem['problem']): void {
  const [zhCN, en] = TEXTS[problem];
  check.problems.push({ place, problem, text: { 'zh-CN': `${place}：${zhCN}`, en: `${place}: ${en}` } });
}

function* checkResource(value: unknown, place: string, depth: number, check: Check): Generator<void, void> {
  const type = isRecord(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : '';
  if (!isRecord(value) || !isResourceType(type)) add(check, place || 'resource', 'no-resource');
  else yield* checkObject(value, type, place === '' ? type : place, depth, check);
}

function* checkObject(
  value: Readonly<Record<string, unknown>>,
  type: string,
  place: string,
  depth: number,
  check: Check,
): Generator<void, void> {
  const fields = check.shapes.types.get(type);
  if (fields === undefined) return;
  if (depth > MOST_DEPTH) return add(check, place, 'depth');
  yield;
  const chosen = new Map<string, string>();
  for (const name in value) {
    if (check.problems.length >= MOST_PROBLEMS) return;
    if (name === 'resourceType' && fields.get('meta') !== undefined) continue;
    const field = fields.get(name.startsWith('_') ? name.slice(1) : name);
    const own = `${place}.${name}`;
    if (field === undefined) {
      add(check, own, 'unknown');
      continue;
    }
    if (field.choice !== undefined) {
      const field0 = chosen.get(field.choice);
      const plain = name.replace('_', '');
      if (field0 !== undefined && field0 !== plain) add(check, own, 'choice');
      chosen.set(field.choice, plain);
    }
    yield* checkField(value[name], name.startsWith('_') ? { ...field, type: 'Element', codes: undefined } : field, own, depth, check);
  }
  for (const [name, { isRequired, choice }] of fields)
    if (isRequired && (choice === undefined ? value[name] === undefined && value[`_${name}`] === undefined : !chosen.has(choice))) {
      const own = `${place}.${choice === undefined ? name : `${choice}[x]`}`;
      if (!check.problems.some(({ place: known }) => known === own)) add(check, own, 'required');
    }
}

function* checkField(value: unknown, field: FieldShape, place: string, depth: number, check: Check): Generator<void, void> {
  if (!field.isList) {
    if (Array.isArray(value)) add(check, place, 'no-list');
    else yield* checkValue(value, field, place, depth, check);
    return;
  }
  if (!Array.isArray(value) || value.length === 0) return add(check, place, 'list');
  for (let index = 0; index < value.length && check.problems.length < MOST_PROBLEMS; index++) {
    const item: unknown = value[index];
    // In a list of primitives, null keeps the place of an item that only has extensions.
    if (item === null && (field.type === 'Element' || check.shapes.primitives.has(field.type))) continue;
    yield* checkValue(item, field, `${place}[${index}]`, depth, check);
  }
}

function* checkValue(value: unknown, { type, codes }: FieldShape, place: string, depth: number, check: Check): Generator<void, void> {
  const primitive = check.shapes.primitives.get(type);
  if (primitive !== undefined) {
    if (!fits(value, type, primitive)) add(check, place, 'type');
    else if (codes !== undefined && !codes.has(value as string)) add(check, place, 'code');
  } else if (!isRecord(value) || Object.keys(value).length === 0) add(check, place, 'object');
  else if (type === 'ResourceList') yield* checkResource(value, place, depth + 1, check);
  else yield* checkObject(value, type, place, depth + 1, check);
}

function fits(value: unknown, name: string, { type, pattern }: { readonly type: string; readonly pattern: RegExp | undefined }): boolean {
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value) && fitsNumber(value, name);
  if (typeof value !== 'string' || value === '') return false;
  return value.length > LONG_TEXT ? LONG_TYPES.has(name) : pattern === undefined || pattern.test(value);
}

/** A longer text is no date and no code. Types that may be longer allow nearly every character, so it is not looked at. */
const LONG_TEXT = 10_000;
const LONG_TYPES: ReadonlySet<string> = new Set(['string', 'markdown', 'base64Binary', 'xhtml', 'uri', 'url', 'canonical']);

function fitsNumber(value: number, name: string): boolean {
  if (name === 'decimal') return true;
  return (
    Number.isInteger(value) && value >= (name === 'positiveInt' ? 1 : name === 'unsignedInt' ? 0 : -2_147_483_648) && value < 2_147_483_648
  );
}
