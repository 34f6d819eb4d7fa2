/**
 * Returns the nonce that allows this page to add styles (Content-Security-Policy). Control creates a new nonce for each
 * page. The build puts a placeholder for it into a meta element.
 */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/**
 * Adds the nonce to every style that a script creates. Some libraries do not add it; antd, for example, forgets it when
 * it measures scrollbars.
 */
export function giveStylesTheNonce(): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = cspNonce();
    return element;
  }) as typeof document.createElement;
}
