/**
 * Returns the path of a link below the base URL, as `OutboundRequest.path`. A relative link is relative to `from`.
 * Returns undefined if the link leads to another server or out of the base path: it would get the adapter's credential.
 */
export function pathBelow(baseUrl: string, link: string, from: string = baseUrl.replace(/\/?$/, '/')): string | undefined {
  const base = new URL(baseUrl.replace(/\/?$/, '/'));
  const target = URL.parse(link, from);
  // Some servers page at the base URL itself, without its last slash.
  const root = base.pathname.slice(0, -1);
  if (target?.origin !== base.origin || !(target.pathname === root || target.pathname.startsWith(base.pathname))) return undefined;
  return target.pathname.slice(root.length) + target.search;
}
