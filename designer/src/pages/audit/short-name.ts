/**
 * Shortens an action's text. The API uses the same texts with their conditions appended; the action itself comes
 * first. Pure.
 */
export function shortName(words: string): string {
  return words.replaceAll(/（[^）]*）| \([^)]*\)/g, '').replace(/[，：；,:;].*$/s, '');
}
