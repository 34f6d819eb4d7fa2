import { createFileAccess } from '../outbound/create-file-access.ts';
import { createOutboundGuard } from '../outbound/create-outbound-guard.ts';

/** Allows every address, because the systems that tests call are on this machine. */
export const anywhere = createOutboundGuard({ isExcepted: () => true });

/** Allows every file, because tests use folders that they create. */
export const anyFile = createFileAccess({ roots: ['/'], forbidden: [] });
