/**
 * Returns true if mistakes in this environment affect patients. The name of such an environment starts with `prod`, in
 * upper or lower case.
 */
export function isProduction(environment: string): boolean {
  return /^prod/i.test(environment);
}
