import { createOutboundGuard } from '../outbound/create-outbound-guard.ts';

/** Lets every address through: the systems that tests call are on this machine. */
export const anywhere = createOutboundGuard({ isExcepted: () => true });
