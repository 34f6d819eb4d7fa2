/**
 * The published HL7 v2-to-FHIR tables (Apache License 2.0). `scripts/generate-v2-to-fhir.mjs` writes the file. A row is one
 * line of a table: what to read, under which condition, and where to write it.
 */
import { readFileSync } from 'node:fs';
import { compileCondition, type Condition, type Places } from './condition.ts';

export interface Row {
  /** `PID-5`, or `CX.4` in the table of a data type. Empty: it applies to each segment. */
  readonly from: string;
  readonly condition: Condition;
  readonly to: readonly Step[];
  /** The table of the data type, in lower case, for example `xpn[humanname]`. */
  readonly type: string;
  readonly codes: string;
  readonly constant: string | undefined;
  /** A text made of several places, for example `XTN.6+" "+XTN.7`. */
  readonly formula: ((places: Places) => string) | undefined;
}

export interface Step {
  /** The name of the field; `$value` is the value itself, and `$this` the element that is being filled. */
  readonly name: string;
  /** Rows with the same number write into the same item of a list. */
  readonly number: number;
  /** The type of the resource that this field refers to; the following steps are inside of it. */
  readonly resource: string | undefined;
}

/** code -> its code, display and system in FHIR. */
export type Codes = Readonly<Record<string, readonly [code: string, display: string, system: string]>>;

type RawRow = readonly [from: string, condition: string, to: string, type: string, codes: string, constant: string];
interface TablesFile {
  readonly segments: Readonly<Record<string, readonly RawRow[]>>;
  readonly types: Readonly<Record<string, readonly RawRow[]>>;
  readonly codes: Readonly<Record<string, Codes>>;
}

let file: TablesFile | undefined;
const compiled = new Map<string, readonly Row[]>();

/** Returns the rows of a segment, for example `PID[Patient]`. */
export function segmentRows(name: string): readonly Row[] {
  return rowsOf(`segment ${name}`, tables().segments[name] ?? []);
}

export function typeRows(name: string): readonly Row[] | undefined {
  const rows = Object.hasOwn(tables().types, name) ? tables().types[name] : undefined;
  return rows === undefined ? undefined : rowsOf(`type ${name}`, rows);
}

export function codesNamed(name: string): Codes | undefined {
  return Object.hasOwn(tables().codes, name) ? tables().codes[name] : undefined;
}

function tables(): TablesFile {
  return (file ??= JSON.parse(readFileSync(new URL('./tables.json', import.meta.url), 'utf8')) as TablesFile);
}

function rowsOf(key: string, rows: readonly RawRow[]): readonly Row[] {
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = rows.flatMap((row) => compileRow(row) ?? []);
  compiled.set(key, made);
  return made;
}

/** Returns undefined for a row that says no computable thing: some constants are formulas, and some paths are remarks. */
function compileRow([from, condition, to, type, codes, constant]: RawRow): Row | undefined {
  const steps = parsePath(to);
  const when = compileCondition(condition);
  if (steps === undefined || when === undefined) return undefined;
  const row = { from, condition: when, to: steps, type, codes, constant: undefined, formula: undefined };
  if (constant === '') return row;
  if (/[A-Z]\w{1,2}[-.]\d/.test(constant) && constant.includes('+')) return { ...row, formula: compileFormula(constant) };
  const text = /^["#]?\s*([^"#]*?)\s*["#]?$/.exec(constant)?.[1];
  return text === undefined || text === '' || text.startsWith('/') || text.includes(' + ') ? undefined : { ...row, constant: text };
}

function compileFormula(text: string): (places: Places) => string {
  const parts = [...text.matchAll(/"([^"]*)"|([A-Z][A-Z0-9]{1,2}[-.]\d+(?:\.\d+)*)/g)];
  return (places) =>
    parts
      .map(([, literal, place]) => literal ?? places.text(place!) ?? '')
      .join('')
      .trim();
}

/** Parses `participant[1].individual(Practitioner)` or `specimen(Specimen.identifier[2])`. */
function parsePath(path: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.replace(/^\[1\]\./, '').replace(/^Quantity\./, '');
  while (rest !== '') {
    const [whole, name, number, resource] =
      /^\.?(\$?[A-Za-z]+)(?:\[(\d+)(?:-\d+)?\])?(?:\(([A-Z][A-Za-z]+)(?:\[\d+\])?\)?)?/.exec(rest) ?? [];
    if (whole === undefined || whole === '') return undefined;
    steps.push({ name: name!, number: Number(number ?? 1), resource });
    rest = rest.slice(whole.length).replace(/^\)+/, '');
  }
  return steps;
}
