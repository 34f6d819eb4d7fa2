/**
 * Writes `nodes/fhir/v2/tables.json` from the published HL7 v2-to-FHIR tables (github.com/HL7/v2-to-fhir, folder mappings,
 * Apache License 2.0). A row becomes `[identifier, condition, path, data type mapping, vocabulary, constant]`. To run this:
 * node scripts/generate-v2-to-fhir.mjs FOLDER_WITH_MAPPINGS
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';

const source = process.argv[2];
const SEGMENTS = [
  ...['MSH[MessageHeader]', 'PID[Patient]', 'PD1[Patient]', 'NK1[RelatedPerson]', 'PV1[Encounter]', 'PV2[Encounter]', 'PV1[Patient]'],
  ...['AL1[AllergyIntolerance]', 'DG1[Condition]', 'PR1[Procedure]', 'OBX[Observation]', 'NTE[Observation]', 'OBR[DiagnosticReport]'],
  ...['OBR[ServiceRequest]', 'ORC[DiagnosticReport]', 'ORC[ServiceRequest]', 'SPM[Specimen]', 'SCH[Appointment]'],
];
/**
 * Rows whose condition is only told in words: they apply under this condition. The other ones of that kind are left out,
 * because they depend on local rules.
 */
const TOLD = [
  [/^(CWE|CE)\.1$/, /^coding/, ''],
  [/^SN\.1$/, /comparator/, 'IF SN.1 VALUED'],
  [/^(CX\.4|XCN\.9)$/, /assigner/, ''],
  [/^OBR-2$/, /^identifier/, 'IF ORC-2 NOT VALUED'],
  [/^OBR-3$/, /^identifier/, 'IF ORC-3 NOT VALUED'],
  [/^SCH-9$/, /^minutesDuration/, 'IF SCH-10.1 IN ("MIN", "min", "M")'],
  [/^AL1-4$/, /^reaction/, ''],
];

const tables = { segments: {}, types: {}, codes: {} };
const wantedTypes = new Set();
const wantedCodes = new Set();
for (const name of SEGMENTS) tables.segments[name] = rowsOf('segments', name);
for (const name of wantedTypes) {
  const rows = rowsOf('datatypes', name);
  if (rows.length > 0) tables.types[name.toLowerCase()] = rows;
}
for (const name of wantedCodes) {
  const codes = codesOf(name);
  if (codes !== undefined) tables.codes[name] = codes;
}
writeFileSync(fileURLToPath(new URL('../nodes/fhir/v2/tables.json', import.meta.url)), `${JSON.stringify(tables)}\n`);

function fileOf(folder, name) {
  const [file] = readdirSync(join(source, folder)).filter((one) => one.toLowerCase().includes(`_ ${name.toLowerCase()} - `));
  return file === undefined ? [] : parse(readFileSync(join(source, folder, file), 'utf8'), { relax_column_count: true }).slice(2);
}

function rowsOf(folder, name) {
  return fileOf(folder, name).flatMap((columns) => {
    const [, identifier = '', , , , , condition = '', , told = '', path = '', , , , , type = '', codes = '', constant = ''] = columns.map(
      (text) => text.trim().replace(/\s+/g, ' '),
    );
    if (path === '' || /^local/.test(path)) return [];
    const rule = TOLD.find(([id, target]) => id.test(identifier) && target.test(path));
    if (told !== '' && condition === '' && rule === undefined && !/markup/.test(told)) return [];
    // Some paths have their constant in themselves: `status="finished"`.
    const [, bare = path, own = constant] = /^([^="]+)="([^"]+)"$/.exec(path) ?? [];
    if (type !== '') wantedTypes.add(type);
    if (codes !== '' && !codes.startsWith('http')) wantedCodes.add(codes);
    // Data is Base64 already when the rows are applied.
    const written = identifier === 'ED.5' ? '' : own;
    return [[identifier, rule?.[2] || condition, bare.replaceAll(' ', ''), type.toLowerCase(), codes, written]];
  });
}

/** `code: [code, display, system]`. Codes that the table leaves without a target are left out. */
function codesOf(name) {
  const rows = fileOf('codesystems', name);
  if (rows.length === 0) return undefined;
  return Object.fromEntries(
    rows
      .filter((row) => row[0]?.trim() && row[6]?.trim())
      .map((row) => [row[0].trim(), [row[6].trim(), row[8]?.trim() ?? '', row[9]?.trim() ?? '']]),
  );
}
