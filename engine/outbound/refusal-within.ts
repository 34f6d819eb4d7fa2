import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';

/** Time limit for DNS. A name that is not resolved within this time is checked when a connection is made. */
export const DNS_MS = 3_000;

/** Returns the error that a connection would get; undefined if it would be allowed, or if DNS does not respond. */
export async function refusalWithin(guard: OutboundGuard, host: string, port: number, clock: Clock): Promise<AppError | undefined> {
  let cancel = () => {};
  const bound = new Promise<undefined>((resolve) => (cancel = clock.after(DNS_MS, () => resolve(undefined))));
  const asked = guard.resolve(host, port).then(
    () => undefined,
    (error: unknown) => (error instanceof AppError && error.code === 'OUTBOUND_REFUSED' ? error : undefined),
  );
  return Promise.race([asked, bound]).finally(() => cancel());
}
