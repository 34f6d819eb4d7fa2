import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';

/** What signs a request: a registered key, or a session. */
export interface Credentials {
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Kq1Scheme;
  /** Private key in PEM (PKCS#8), or for the HMAC schemes the secret in base64url. */
  readonly key: string;
}

/** A session as the platform opened it. `appId` is absent if the caller named it. */
export interface OpenedSession {
  readonly sessionId: string;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly appId?: string;
}

export interface SessionKeeper {
  /** Returns the session, and opens one if there is none or it is about to end. */
  current(): Promise<Credentials>;
  /** Forgets a session that the platform does not know any more. */
  forget(lost: Credentials): void;
}

/** A new session is opened this long before the present one ends. */
const EARLY_MS = 60_000;

/** `open` asks the platform for a session. Requests that need one at the same time share one call. */
export function keepSession(
  open: () => Promise<OpenedSession & { readonly appId: string }>,
  clock: Pick<Clock, 'now'> = Date,
): SessionKeeper {
  let session: { readonly credentials: Promise<Credentials>; opened: Credentials | undefined; endsAt: number } | undefined;
  return {
    current() {
      if (session !== undefined && clock.now() < session.endsAt - EARLY_MS) return session.credentials;
      const opening = { credentials: open().then(read), opened: undefined as Credentials | undefined, endsAt: Infinity };
      session = opening;
      opening.credentials.catch(() => {
        if (session === opening) session = undefined;
      });
      return opening.credentials;

      function read({ appId, sessionId, key, endsAt }: OpenedSession & { readonly appId: string }): Credentials {
        opening.endsAt = endsAt;
        return (opening.opened = { appId, keyId: sessionId, scheme: 'HMAC-SM3', key });
      }
    },
    forget(lost) {
      if (session?.opened === lost) session = undefined;
    },
  };
}

/** `fix` says what the caller needs for a session on this front. */
export function sessionRefused(status: number, fix: string): AppError {
  return new AppError('SDK_SESSION_REFUSED', 'input', `The platform opened no session (HTTP ${status}).`, { values: { status }, fix });
}
