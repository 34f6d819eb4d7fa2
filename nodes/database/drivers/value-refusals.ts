/** Why a database refuses a value, in words. The texts of the databases themselves often quote the value. */

/** `own`: a procedure or trigger refused with an error of its own, whose text may hold anything. */
export type RefusalReason = 'too-long' | 'form' | 'range' | 'charset' | 'division' | 'own';

const VALUE = 'Correct the value before this node';

export const REFUSALS: Readonly<Record<RefusalReason, { readonly what: string; readonly fix: string }>> = {
  'too-long': { what: 'A value is too long for the database', fix: `${VALUE}, or let the database administrator widen the column.` },
  form: {
    what: 'A value does not have the form that the database needs',
    fix: `${VALUE}: numbers as 1.5, dates as 2026-02-28, timestamps as the help of the node says, otherwise a value that the column allows.`,
  },
  range: {
    what: 'A number, date or time is out of the range that the database allows',
    fix: `${VALUE}, or let the database administrator change the column.`,
  },
  charset: {
    what: 'A text has characters that the charset of the database cannot hold',
    fix: `${VALUE}, or let the database administrator change the charset of the column (utf8mb4, UTF-8).`,
  },
  division: { what: 'The statement divides by a value that is zero', fix: `${VALUE}, or treat it in the statement (NULLIF).` },
  own: {
    what: 'A procedure or trigger of the database refused, with its own message and code',
    fix: 'Ask who maintains it what this code means. Its text is not shown, because it may contain personal data.',
  },
};
