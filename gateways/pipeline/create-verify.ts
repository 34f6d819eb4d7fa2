import type { Socket } from 'node:net';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { PolicyDeps } from '../contract.ts';
import type { NodeBounds } from './create-node-bounds.ts';
import { createTurns } from '../shared/create-turns.ts';

/** One would be felt least by who waits; but then honest calls that come together no longer leave together, which costs more than it gives. */
const CHECKS_OF_TURN = 2;

/**
 * The check of a signature by a public key takes a fraction of a millisecond, and whoever knows the name of a key can have hundreds of them made at once: they
 * take turns, connections in rotation. By a shared secret it takes no longer than the rest of a request, and is made at once.
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
    // Who connects, sends and leaves, again and again, must not have it all kept.
    exchange.onLeave(() => turns.leave(socket));
    return turn.then(() => !socket.destroyed && check());
  };
}
