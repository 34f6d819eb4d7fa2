/**
 * Returns true if mistakes in this environment affect patients. Its name decides this: it starts with `prod`, in any
 * case.
 */
export function isProduction(environment: string): boolean {
  return /^prod/i.test(environment);
}
