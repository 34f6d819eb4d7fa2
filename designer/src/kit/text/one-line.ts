/** Replaces line breaks by spaces, as the audit trail requires. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
