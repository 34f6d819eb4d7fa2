/** Longer names are few, and must not fill the memory. */
const MOST_LENGTH = 64;
const MOST_NAMES = 10_000;

/** Remembers what was decided about names, which callers choose: the same few come with each request. */
export function rememberNames(decide: (name: string) => boolean): (name: string) => boolean {
  const decided = new Map<string, boolean>();
  return (name) => {
    const known = decided.get(name);
    if (known !== undefined) return known;
    const decision = decide(name);
    if (name.length > MOST_LENGTH) return decision;
    if (decided.size >= MOST_NAMES) decided.clear();
    decided.set(name, decision);
    return decision;
  };
}
