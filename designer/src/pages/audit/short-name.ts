/** The texts of actions are those of the API too, with its conditions: what was done stands before them. Pure. */
export function shortName(words: string): string {
  return words.replaceAll(/（[^）]*）| \([^)]*\)/g, '').replace(/[，：；,:;].*$/s, '');
}
