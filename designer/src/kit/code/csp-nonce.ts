/**
 * Returns the nonce that allows this page to add styles (Content-Security-Policy). Vite writes it to a meta element;
 * control creates a new one for each page.
 */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/**
 * Gives every style that a script creates the nonce, because some libraries forget it (antd does so to measure
 * scrollbars).
 */
export function giveStylesTheNonce(): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = cspNonce();
    return element;
  }) as typeof document.createElement;
}
