/**
 * Returns whether a name matches one of the patterns, without regard to case: `*` stands for any characters, `?` for
 * one. A name that begins with a dot matches only a pattern that does. Takes linear time per pattern and character.
 */
export function matchesGlob(name: string, patterns: readonly string[]): boolean {
  const characters = [...name.toLowerCase()];
  return patterns.some((pattern) => (!name.startsWith('.') || pattern.startsWith('.')) && matches(characters, [...pattern.toLowerCase()]));
}

function matches(name: readonly string[], pattern: readonly string[]): boolean {
  let [at, step, lastStar, resumeAt] = [0, 0, -1, 0];
  while (at < name.length) {
    if (pattern[step] === '*') {
      lastStar = step++;
      resumeAt = at;
    } else if (pattern[step] === '?' || pattern[step] === name[at]) {
      at++;
      step++;
    } else if (lastStar >= 0) {
      // Let the last star take one more character.
      step = lastStar + 1;
      at = ++resumeAt;
    } else return false;
  }
  while (pattern[step] === '*') step++;
  return step === pattern.length;
}
