import { createOutboundGuard } from '../outbound/create-outbound-guard.ts';

/** Allows every address, because the systems that tests call are on this machine. */
export const anywhere = createOutboundGuard({ isExcepted: () => true });
