/**
 * Returns the value of a JSON text in an object, so that a valid `null` differs from undefined. Returns undefined if
 * the text is invalid.
 */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
