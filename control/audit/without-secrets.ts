/** What the trail and exports may show of a document: values under names that sound like a secret are replaced. */
const SECRET_NAME = /pass(word|wd|phrase)?$|secret|token|credential(s|value)|private|apikey|api-key|authorization/i;
const SHOWN = '***';
const MAX_TEXT = 2000;

export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return withoutUserInfo(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 20) return '…';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      SECRET_NAME.test(key) && typeof field === 'string' ? SHOWN : withoutSecrets(field, depth + 1),
    ]),
  );
}

/** `https://user:password@host` keeps its host only. */
function withoutUserInfo(text: string): string {
  return text.replace(/:\/\/[^/@\s]{1,200}@/g, `://${SHOWN}@`);
}
