import type { Socket } from 'node:net';
import { connectSocket } from '../../shared/connect-socket.ts';
import type { Target } from './driver.ts';
import { connectFailed, stopped } from './errors.ts';

/** Returns a connected socket. Rejects with DATABASE_CONNECT_FAILED or DATABASE_STOPPED (transient), or OUTBOUND_REFUSED (input). */
export async function connectedSocket(target: Target): Promise<Socket> {
  try {
    return await connectSocket(target, stopped);
  } catch (cause) {
    throw connectFailed(target, cause);
  }
}
