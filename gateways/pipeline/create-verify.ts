import type { Socket } from 'node:net';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { PolicyDeps } from '../contract.ts';
import type { NodeBounds } from './create-node-bounds.ts';
import { createTurns } from '../shared/create-turns.ts';

/**
 * Number of signature checks per turn of the event loop. One check would delay other work least. But then valid calls
 * that arrive together would continue in different turns and be sent separately, which costs more.
 */
const CHECKS_OF_TURN = 2;

/**
 * Creates the check of signatures. Checking a signature by a public key takes a fraction of a millisecond, and anyone
 * who knows the name of a key can cause hundreds of checks at once. So connections take turns. A check by a shared
 * secret takes no longer than the rest of a request, and runs at once.
 */
export function createVerify(crypto: Pick<Crypto, 'verify'>, bounds: Pick<NodeBounds, 'check'>): PolicyDeps['verify'] {
  const turns = createTurns<Socket>(CHECKS_OF_TURN);
  return (exchange, key, data, signature) => {
    const check = () => crypto.verify(key, data, signature);
    if (key.role === 'secret') return check();
    if (exchange.relay !== undefined) return bounds.check(exchange, check);
    const { socket } = exchange.request;
    const turn = turns.take(socket);
    if (turn === undefined) return check();
    // A client that repeatedly connects, sends and leaves must not leave all its checks in memory.
    exchange.onLeave(() => turns.leave(socket));
    return turn.then(() => !socket.destroyed && check());
  };
}
