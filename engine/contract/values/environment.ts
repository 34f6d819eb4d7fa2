/** Whether mistakes in this environment reach patients; decided by its name (`PROD`, `production`). */
export function isProduction(environment: string): boolean {
  return /^prod/i.test(environment);
}
