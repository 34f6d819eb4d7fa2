/**
 * Shortens the text of an action. The text comes from the API and may have conditions at its end; the action itself
 * comes first. Pure.
 */
export function shortName(words: string): string {
  return words.replaceAll(/（[^）]*）| \([^)]*\)/g, '').replace(/[，：；,:;].*$/s, '');
}
