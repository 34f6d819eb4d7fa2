import type { Collections } from '../contract/node/collections.ts';
import type { FlowState } from '../contract/node/flow-state.ts';
import { createFileAccess } from '../outbound/create-file-access.ts';
import { createOutboundGuard } from '../outbound/create-outbound-guard.ts';

/** Allows every address, because the systems that tests call are on this machine. */
export const anywhere = createOutboundGuard({ isExcepted: () => true });

/** Allows every file, because tests use folders that they create. */
export const anyFile = createFileAccess({ roots: ['/'], forbidden: [] });

const noUse = () => Promise.reject(new TypeError('this test passes no state'));
/** Fails at every use, because a test that needs the state of flows passes a store. */
export const noState: FlowState = { get: noUse, put: noUse, add: noUse, remove: noUse };

const noCollection = () => Promise.reject(new TypeError('this test passes no collections'));
/** Fails at every use, because a test that needs collections passes a store. */
export const noCollections: Collections = { add: noCollection, takeComplete: noCollection };
