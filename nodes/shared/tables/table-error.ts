import { AppError } from '../../../engine/contract/values/errors.ts';

const WORDS = {
  TABLE_TOO_MANY_ROWS: ['The table has more than {limit} rows.', 'Raise the limit of the node, or have it sent in parts.'],
  TABLE_TOO_MANY_COLUMNS: ['Row {row} has more than {limit} columns.', 'Check the separator, or raise the limit of the node.'],
  TABLE_CELL_TOO_LARGE: ['A cell or line is larger than {limit} bytes.', 'Check quotes and line breaks, or raise the limit of the node.'],
  TABLE_TOO_LARGE: ['The result is larger than {limit} bytes.', 'Let the node write its result to a blob, or raise its limit.'],
  TABLE_COLUMNS: ['The column name “{name}” cannot be used: it is there twice, or reserved.', 'Name the columns in the node.'],
  TABLE_RAGGED: ['Row {row} has {found} cells instead of {expected}.', 'Correct the file, or allow rows of different length.'],
  'TABLE_RAGGED/more': [
    'Row {row} has {found} cells, but there are only {expected} columns.',
    'Correct the file: quotes around cells that contain the separator, or the row with the names of the columns.',
  ],
  'TABLE_RAGGED/bytes': ['Line {row} has {found} bytes, but the fields only {expected}.', 'Correct the file, or the widths of the fields.'],
  'TABLE_RAGGED/characters': [
    'Line {row} has {found} characters, but the fields only {expected}.',
    'Correct the file, or the widths of the fields.',
  ],
  TABLE_QUOTES: ['The quotes of line {row} are not right.', 'Correct the file, or choose another quote character.'],
  TABLE_NUMBER: ['Column “{name}” of row {row} is not a number.', 'Correct the file, or keep the column as text.'],
  XLSX_INVALID: ['The source is not an XLSX workbook that can be read: {problem}.', 'Save it as .xlsx without a password, and try again.'],
  XLSX_SHEET: ['The workbook has no sheet “{name}”.', 'Correct the name of the sheet in the node, or leave it empty for the first one.'],
  XLSX_TOO_LARGE: ['The workbook has more than {limit} bytes of {what}.', 'Have it sent in parts, or as CSV.'],
  TABLE_SOURCE: ['The source is neither text, bytes nor a blob.', 'Choose what to read: text, bytes, or an object with blobId.'],
  TABLE_ROW: ['Row {row} is neither an object nor an array of texts, numbers and booleans.', 'Map the rows before.'],
  TABLE_CELL: ['The value of “{name}” in row {row} cannot be written to this format.', 'Map the value before.'],
  TABLE_TOO_WIDE: ['The value of “{name}” in row {row} is longer than its {limit} places.', 'Shorten the value, or widen the field.'],
} as const satisfies Readonly<Record<string, readonly [what: string, fix: string]>>;

/** An error (input) that says which row and column, and never the content of a cell. */
export function tableError(code: keyof typeof WORDS, values: Readonly<Record<string, string | number>> = {}): AppError {
  const [what, fix] = WORDS[code];
  const [name, problem] = code.split('/') as [string, string?];
  const message = what.replaceAll(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ''));
  return new AppError(name, 'input', message, { values: { ...(problem === undefined ? {} : { problem }), ...values }, fix });
}
