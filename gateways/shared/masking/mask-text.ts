/** A mobile number; nothing shorter is masked. */
const SHORTEST = 11;

/**
 * Masks what looks like personal data anywhere in a text: 18-digit resident ids with a valid check digit (GB 11643),
 * mobile numbers, and bank cards (Luhn). Needs one pass in linear time; other numbers stay readable.
 */
export function maskText(text: string): string {
  if (text.length < SHORTEST) return text;
  return text.replaceAll(/[0-9]{11,19}[Xx]?/g, (run) => (isPersonal(run) ? mask(run) : run));
}

/** Masks a value. The result shows that a value existed, and enough of its end to compare two lines. */
export function mask(value: string): string {
  return value.length <= 6 ? '***' : `***${value.slice(-2)}`;
}

function isPersonal(run: string): boolean {
  return isMobile(run) || isResidentId(run) || isBankCard(run);
}

function isMobile(run: string): boolean {
  return (run.length === 11 && run.startsWith('1') && run[1]! >= '3') || (run.length === 13 && run.startsWith('861') && run[3]! >= '3');
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS = '10X98765432';

function isResidentId(run: string): boolean {
  if (run.length !== 18) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += Number(run[i]) * WEIGHTS[i]!;
  return CHECK_DIGITS[sum % 11] === run[17]!.toUpperCase();
}

function isBankCard(run: string): boolean {
  if (run.length < 16 || run.length > 19 || !/^[0-9]+$/.test(run)) return false;
  let sum = 0;
  for (let i = 0; i < run.length; i++) {
    const digit = Number(run[run.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
