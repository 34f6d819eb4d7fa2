import { AppError } from '../contract/values/errors.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { RefusedClass } from '../contract/node/outbound-guard.ts';
import { addressesOf, classOf, type LookUp } from './create-outbound-guard.ts';
import { DNS_MS } from './refusal-within.ts';

/**
 * Returns the classes that an exception for a name allows: the classes of the refused addresses that the name resolves
 * to now. If the exception allowed more classes, the person who controls the name in DNS could later point it to any
 * refused address. Rejects with OUTBOUND_NAME (input) if the name resolves to no refused address.
 */
export async function classesNow(
  host: string,
  { clock, lookUp }: { readonly clock: Clock; readonly lookUp?: LookUp },
): Promise<readonly RefusedClass[]> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => (cancel = clock.after(DNS_MS, () => resolve(undefined))));
  const found = addressesOf(host, lookUp).catch(() => undefined);
  const addresses = await Promise.race([found, late]).finally(() => cancel());
  if (addresses === undefined) throw nameRefused(host, 'unknown', 'DNS does not resolve it at the moment');
  const classes = addresses.flatMap(({ address }) => classOf(address) ?? []);
  if (classes.length === 0) throw nameRefused(host, 'open', 'it does not resolve to any refused address');
  return [...new Set(classes)];
}

function nameRefused(host: string, problem: string, why: string): AppError {
  return new AppError('OUTBOUND_NAME', 'input', `No exception can be made for the name ${host}: ${why}.`, {
    values: { host, problem },
    fix: 'Allow the address instead, or do nothing: addresses that are not refused need no exception.',
  });
}
