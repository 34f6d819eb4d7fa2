/** Numbers with a readable unit. Pure. */

export const DURATION_UNITS = ['ms', 's', 'min', 'h', 'd'] as const;
export const SIZE_UNITS = ['B', 'KB', 'MB', 'GB'] as const;
export type Unit = (typeof DURATION_UNITS)[number] | (typeof SIZE_UNITS)[number];

/** Sizes of the units in milliseconds or bytes. */
export const UNIT_SIZES: Readonly<Record<Unit, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  B: 1,
  KB: 1024,
  MB: 1_048_576,
  GB: 1_073_741_824,
};

/** Returns the largest unit in which the value is a whole number. `units` is sorted from the smallest. */
export function bestUnit(value: number, units: readonly Unit[]): Unit {
  const [smallest = 'ms'] = units;
  if (value === 0) return smallest;
  return units.findLast((unit) => Number.isInteger(value / UNIT_SIZES[unit])) ?? smallest;
}

/** Converts to the smallest unit and rounds: 1.5 s is 1500 ms. */
export function inSmallest(amount: number, unit: Unit): number {
  return Math.round(amount * UNIT_SIZES[unit]);
}
