/** Where the queues of topics are, and one session for each proxy that leads to them. */
import type { Server, Target } from '../broker.ts';
import { destinationUnknown } from '../errors.ts';
import { requestFailed } from './refusals.ts';
import { requireOk, type Queue, type Status } from './protocol.ts';
import { endpointsOf, openSession, type Role, type Session } from './session.ts';

const KNOWN_MS = 30_000;
const READ = new Set([2, 4]);
const WRITE = new Set([3, 4]);
/**
 * Topics that this process has found. A name server that starts again knows none of them until its brokers report to
 * it, which takes up to 30 s: meanwhile a message must be retried, not held as wrong.
 */
const SEEN = new Set<string>();
const MOST_SEEN = 10_000;

export class Routes {
  readonly #target: Target;
  readonly #role: Role;
  readonly #first: Session;
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #lost = Promise.withResolvers<Error>();
  readonly #known = new Map<string, { readonly at: number; readonly queues: Promise<readonly Queue[]> }>();

  constructor(first: Session, target: Target, role: Role) {
    this.#target = target;
    this.#role = role;
    this.#first = first;
    this.#keep(first.server, Promise.resolve(first));
  }

  /** Resolves with the reason when a connection is lost or closed. */
  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  /** The queues of a topic that can be read or written. Rejects with MESSAGING_DESTINATION_UNKNOWN or MESSAGING_REFUSED (input). */
  async queues(topic: string, use: 'read' | 'write'): Promise<readonly Queue[]> {
    const now = this.#target.clock.monotonic();
    let known = this.#known.get(topic);
    if (known === undefined || now - known.at > KNOWN_MS) {
      known = { at: now, queues: this.#query(topic) };
      known.queues.catch(() => this.#known.delete(topic));
      this.#known.set(topic, known);
    }
    const allowed = use === 'read' ? READ : WRITE;
    return (await known.queues).filter(({ permission, broker }) => allowed.has(permission) && broker.id === 0);
  }

  /** The session of the proxy that leads to a broker. It goes through the guard like the first one. */
  sessionOf({ broker: { endpoints } }: Queue): Promise<Session> {
    const [server = this.#first.server] = endpoints.addresses;
    const known = this.#sessions.get(keyOf(server));
    if (known !== undefined) return known;
    const { host, port } = server;
    const opening = openSession(this.#target, { host, port }, this.#role);
    this.#keep(server, opening);
    return opening;
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled([...this.#sessions.values()]);
    const opened = all.filter((session) => session.status === 'fulfilled');
    await Promise.all(opened.map(({ value }) => value.close()));
  }

  #keep(server: Server, opening: Promise<Session>): void {
    this.#sessions.set(keyOf(server), opening);
    opening.then(
      (session) => session.lost.then((error) => this.#lost.resolve(error)),
      () => this.#sessions.delete(keyOf(server)),
    );
  }

  async #query(topic: string): Promise<readonly Queue[]> {
    try {
      const request = { topic: { name: topic }, endpoints: endpointsOf(this.#first.server) };
      const answer = await this.#first.call<{ readonly status: Status; readonly messageQueues: readonly Queue[] }>('QueryRoute', request);
      requireOk(answer.status);
      if (SEEN.size < MOST_SEEN) SEEN.add(this.#nameOf(topic));
      return answer.messageQueues;
    } catch (cause) {
      const error = requestFailed(topic, cause);
      const isAway = error.code === 'MESSAGING_DESTINATION_UNKNOWN' && SEEN.has(this.#nameOf(topic));
      throw isAway ? destinationUnknown(topic, 'absent', cause, 'transient') : error;
    }
  }

  #nameOf(topic: string): string {
    return `${keyOf(this.#first.server)}/${topic}`;
  }
}

function keyOf({ host, port }: Server): string {
  return `${host}:${port}`;
}
