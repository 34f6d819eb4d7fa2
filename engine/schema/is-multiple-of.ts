/** Checks JSON Schema's `multipleOf` on decimal digits, because in binary 19.99 is not a multiple of 0.01. */
export function isMultipleOf(value: number, divisor: number): boolean {
  if (!Number.isFinite(value) || !Number.isFinite(divisor) || divisor === 0) return false;
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
  const [a, b] = [digitsOf(value), digitsOf(divisor)];
  const places = Math.max(a.places, b.places);
  return scaled(a, places) % scaled(b, places) === 0n;
}

interface Digits {
  readonly digits: bigint;
  /** The number of digits after the decimal point; negative if the digits must be followed by zeros. */
  readonly places: number;
}

function digitsOf(value: number): Digits {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), places: fraction.length - Number(exponent) };
}

function scaled({ digits, places }: Digits, to: number): bigint {
  return digits * 10n ** BigInt(to - places);
}
