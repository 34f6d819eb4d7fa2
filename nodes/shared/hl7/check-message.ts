/**
 * Compares a message with the dictionary of its version. Z segments are not in any version and are not checked. A problem
 * names the place and the rule, never a value of the message.
 */
import type { Text } from '../../../engine/contract/values/texts.ts';
import { problemText, type ProblemKind } from './check-texts.ts';
import { hl7Dictionary, HL7_VERSIONS, type FieldRule, type Hl7Dictionary, type Hl7Version } from './dictionary.ts';
import { split } from './form-limits.ts';
import { headerField, segmentName, type Delimiters, type Hl7Message } from './message.ts';

export interface Hl7Problem {
  /** `PID-8`, `OBX[2]-5`, or a segment alone. */
  readonly place: string;
  readonly problem: ProblemKind;
  readonly text: Text;
}

/** Maximum number of problems that are listed; a message of another standard would have thousands. */
const MOST_PROBLEMS = 50;
/** From this version on, the lengths of the standard are no limits (HL7 v2.7, 2.A). */
const FIRST_WITHOUT_LENGTHS = 2.7;

interface Check {
  readonly dictionary: Hl7Dictionary;
  readonly version: Hl7Version;
  readonly delimiters: Delimiters;
  readonly checksLength: boolean;
  readonly problems: Hl7Problem[];
}

/** Returns the version that MSH-12 names; undefined if it is empty or not known. */
export function versionOf(message: Hl7Message): Hl7Version | undefined {
  const named = headerField(message, 12).split(message.delimiters.component)[0]!.trim();
  return HL7_VERSIONS.find((version) => version === named);
}

/** Checks a message, one segment per step. */
export function* checkSteps(message: Hl7Message, version: Hl7Version | undefined): Generator<void, readonly Hl7Problem[]> {
  const found = version ?? versionOf(message);
  if (found === undefined) return [problemAt('MSH-12', 'version', { versions: HL7_VERSIONS.join(', ') })];
  const check: Check = {
    dictionary: hl7Dictionary(found),
    version: found,
    delimiters: message.delimiters,
    checksLength: Number.parseFloat(found) < FIRST_WITHOUT_LENGTHS,
    problems: [],
  };
  const counts = new Map<string, number>();
  for (const line of message.segments) {
    const name = segmentName(line, message.delimiters);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (!name.startsWith('Z')) checkSegment(line, name, count === 1 ? name : `${name}[${count}]`, check);
    if (check.problems.length >= MOST_PROBLEMS) return check.problems;
    yield;
  }
  checkStructure(message, counts, check);
  return check.problems.slice(0, MOST_PROBLEMS);
}

function problemAt(place: string, problem: ProblemKind, values: Readonly<Record<string, string | number>> = {}): Hl7Problem {
  return { place, problem, text: problemText(place, problem, values) };
}

/** Checks which segments a message has. Types that the version does not define are left alone: a site may define some. */
function checkStructure(message: Hl7Message, counts: ReadonlyMap<string, number>, { dictionary, problems }: Check): void {
  const [kind = '', event = '', structure = ''] = headerField(message, 9).split(message.delimiters.component);
  const name = [structure, `${kind}_${event}`, kind].find((one) => dictionary.allowed.has(one));
  if (name === undefined) return;
  for (const segment of dictionary.required.get(name)!)
    if (!counts.has(segment)) problems.push(problemAt(segment, 'segment-missing', { message: name }));
  for (const segment of counts.keys())
    if (dictionary.segments.has(segment) && !dictionary.allowed.get(name)!.has(segment) && !GENERAL.has(segment))
      problems.push(problemAt(segment, 'segment-unexpected', { message: name }));
}

/** Segments that may follow in any message (HL7 v2.8, 2.10.2): continuation, software, authentication, comments. */
const GENERAL: ReadonlySet<string> = new Set(['ADD', 'DSC', 'SFT', 'UAC', 'NTE', 'ARV']);

function checkSegment(line: string, name: string, place: string, check: Check): void {
  const rules = check.dictionary.segments.get(name);
  if (rules === undefined) {
    check.problems.push(problemAt(place, 'segment-unknown', { version: check.version }));
    return;
  }
  const isHeader = name === 'MSH';
  const fields = line.split(check.delimiters.field);
  for (let index = 0; index < rules.length; index++) {
    const number = index + 1;
    if (isHeader && number < 3) continue;
    const text = fields[isHeader ? index : number] ?? '';
    const own = `${place}-${number}`;
    const rule = name === 'OBX' && number === 5 ? { ...rules[index]!, type: fields[2] ?? '' } : rules[index]!;
    if (text !== '') checkField(text, rule, own, check);
    else if (rule.isRequired) check.problems.push(problemAt(own, 'field-missing'));
  }
  const most = isHeader ? rules.length - 1 : rules.length;
  const extra = fields.findIndex((text, index) => index > most && text !== '');
  if (extra > 0) check.problems.push(problemAt(`${place}-${isHeader ? extra + 1 : extra}`, 'field-unknown', { version: check.version }));
}

function checkField(text: string, { type, mostRepetitions, mostCharacters }: FieldRule, place: string, check: Check): void {
  const { problems, delimiters, checksLength } = check;
  const repetitions = split(text, delimiters.repetition);
  if (repetitions.length > mostRepetitions)
    problems.push(problemAt(place, 'repetitions', { limit: mostRepetitions, found: repetitions.length }));
  for (let index = 0; index < repetitions.length && problems.length < MOST_PROBLEMS; index++) {
    const repetition = repetitions[index]!;
    // `""` deletes a value of any type (HL7 v2.8, 2.5.3).
    if (repetition === '' || repetition === '""') continue;
    const own = index === 0 ? place : `${place}[${index + 1}]`;
    if (checksLength && repetition.length > mostCharacters)
      problems.push(problemAt(own, 'length', { limit: mostCharacters, found: repetition.length }));
    checkComponents(repetition, type, own, check);
  }
}

function checkComponents(text: string, type: string, place: string, check: Check): void {
  const { problems, dictionary, delimiters } = check;
  const types = type === 'TS' ? ['DTM', 'ST'] : dictionary.types.get(type);
  if (types === undefined) {
    checkFormat(text, type, place, check);
    return;
  }
  const components = split(text, delimiters.component);
  const extra = components.findIndex((component, index) => index >= types.length && component !== '');
  if (extra >= 0) problems.push(problemAt(`${place}.${extra + 1}`, 'component-unknown', { type, limit: types.length }));
  for (let index = 0; index < components.length && index < types.length; index++) {
    if (components[index] !== '')
      checkFormat(components[index]!, types[index]!, types.length === 1 ? place : `${place}.${index + 1}`, check);
  }
}

/** How values of these types must look (HL7 v2.8, 2.A). The other primitive types are free text. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  NM: /^[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})$/,
  SI: /^\d{1,9}$/,
  DT: /^\d{4}(?:\d\d){0,2}$/,
  TM: /^\d\d(?:\d\d){0,2}(?:\.\d{1,4})?(?:[+-]\d{4})?$/,
  DTM: /^\d{4}(?:\d\d){0,5}(?:\.\d{1,4})?(?:[+-]\d{4})?$/,
};

function checkFormat(text: string, type: string, place: string, { problems }: Check): void {
  const format = FORMATS[type === 'TS' ? 'DTM' : type];
  if (format !== undefined && text !== '""' && !format.test(text.trim())) problems.push(problemAt(place, 'format', { type }));
}
