/** Returns the value of a JSON text; undefined if it is invalid. Wrapped, so that `null` is a value. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
