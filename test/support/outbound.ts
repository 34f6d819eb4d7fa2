/** Tests play hospitals, mail servers and receivers on this machine, which the product connects to only where it is listed. */
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import { anywhere } from '../../engine/testing/anywhere.ts';

/** For settings and engines: every address of this machine. */
export const THIS_MACHINE = ['127.0.0.0/8', '::1'] as const;

/** The same for processes, and no bound for the one address and the few apps that all test traffic comes from: a quiet machine exceeds it. */
export const TEST_ENVIRONMENT = {
  KQ_OUTBOUND_ALLOWED: THIS_MACHINE.join(','),
  KQ_MAX_REQUESTS_PER_IP: '100000',
  KQ_MAX_REQUESTS_PER_APP: '100000',
} as const;

/** Lets everything through and lists nothing, where no store is at hand. */
export const outboundAnywhere: Outbound = {
  guard: anywhere,
  exceptions: {
    ofSettings: [],
    list: () => Promise.resolve([]),
    put: () => Promise.resolve(),
    remove: () => Promise.resolve(undefined),
    matches: () => true,
    targets: () => [],
    onChange: () => () => undefined,
    stop: () => undefined,
  },
  seed: () => Promise.resolve(),
};
