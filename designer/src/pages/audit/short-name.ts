/**
 * Shortens the description of an action. The description comes from the API. The action comes first, and details may
 * follow, which are cut off. Pure.
 */
export function shortName(words: string): string {
  return words.replaceAll(/（[^）]*）| \([^)]*\)/g, '').replace(/[，：；,:;].*$/s, '');
}
