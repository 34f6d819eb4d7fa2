/** The nonce under which this page may add styles (Content-Security-Policy); Vite puts it into a meta element, control makes it new for each page. */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
