/**
 * Returns the nonce that lets this page add styles (Content-Security-Policy). Vite writes it to a meta element;
 * control creates a new one for each page.
 */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/**
 * Some libraries create a style without the nonce (antd measures scrollbars this way), so every style that a script
 * creates gets it.
 */
export function giveStylesTheNonce(): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = cspNonce();
    return element;
  }) as typeof document.createElement;
}
