/** Derives an id from an English name: `Hospital A HIS` gives `adp_hospital_a_his`. Pure. */
export function suggestedId(prefix: string, name: unknown): string | undefined {
  const english = typeof name === 'object' && name !== null ? (name as { readonly en?: unknown }).en : undefined;
  if (typeof english !== 'string') return undefined;
  const slug = english
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 50);
  return slug === '' ? undefined : `${prefix}${slug}`;
}

/** Returns the changed content. Until the user enters an id, the id is derived from the English name. */
export function withSuggestedId(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  field: string,
  prefix: string,
): Readonly<Record<string, unknown>> {
  const old = suggestedId(prefix, before['name']);
  const isOwn = after[field] !== undefined && after[field] !== old;
  if (isOwn || after[field] !== before[field]) return after;
  const { [field]: _old, ...rest } = after;
  const id = suggestedId(prefix, after['name']);
  return id === undefined ? rest : { ...rest, [field]: id };
}
