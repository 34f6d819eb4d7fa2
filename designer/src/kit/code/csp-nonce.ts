/** The nonce under which this page may add styles (Content-Security-Policy); Vite puts it into a meta element, control makes it new for each page. */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/** Some libraries make a style without asking for the nonce (antd measures scrollbars so); it is given to every style that a script makes. */
export function giveStylesTheNonce(): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = cspNonce();
    return element;
  }) as typeof document.createElement;
}
