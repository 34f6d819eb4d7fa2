import type { ErrorRecord } from '../values/errors.ts';

/** Codes of faults of an adapter: its address, its settings, or a credential that the other system refuses. */
export const ADAPTER_FAULTS =
  /^(?:ADAPTER|OUTBOUND|SECRET)_|^OAUTH_TOKEN_|[A-Z]_(?:LOGIN_REFUSED|LOGIN_FAILED|TLS_REQUIRED)$|^(?:CRYPTO_KEY_INVALID|FILE_HOST_KEY|HTTP_CERTIFICATE_REFUSED|HTTP_PRIVATE_KEY|MAIL_NO_SERVER|MESSAGING_CREDENTIAL)$/;

/**
 * Returns whether an error is a fault of an adapter, not one that the author of the flow wrote. The sender of a message
 * can correct none of it, and must not learn the names of systems inside.
 */
export function concernsAdapter({ code, text }: ErrorRecord): boolean {
  return text === undefined && ADAPTER_FAULTS.test(code);
}
