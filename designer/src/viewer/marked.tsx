/** Shows a text with the matches of a search marked. */
export function Marked({ text, query }: { readonly text: string; readonly query: string }) {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return text;
  const lower = text.toLowerCase();
  // A few letters have another length in lower case. The positions of matches would then be wrong, so mark nothing.
  if (lower.length !== text.length) return text;
  const parts: { readonly text: string; readonly isFound: boolean }[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    parts.push({ text: text.slice(from, at), isFound: false }, { text: text.slice(at, at + wanted.length), isFound: true });
    from = at + wanted.length;
  }
  return [...parts, { text: text.slice(from), isFound: false }].map((part, index) =>
    part.isFound ? <mark key={index}>{part.text}</mark> : part.text,
  );
}
