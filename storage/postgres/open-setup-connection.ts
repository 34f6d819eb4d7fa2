import { Client, type ClientConfig } from 'pg';
import { translatePostgresError } from './translate-postgres-error.ts';

export type WithClient = <R>(action: (client: Client) => Promise<R>) => Promise<R>;

/**
 * Opens one connection for tasks at the start, which run one after the other. It is opened when needed, and closed
 * when no task waits.
 */
export function openSetupConnection(settings: ClientConfig): WithClient {
  let connected: Promise<Client> | undefined;
  let waiting = 0;
  let tail: Promise<unknown> = Promise.resolve();

  async function connect(): Promise<Client> {
    const client = new Client(settings);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async function disconnect(): Promise<void> {
    const closing = connected;
    connected = undefined;
    await (await closing)?.end();
  }

  async function run<R>(action: (client: Client) => Promise<R>): Promise<R> {
    let isBroken = true;
    try {
      const result = await action(await (connected ??= connect()));
      isBroken = false;
      return result;
    } catch (error) {
      throw translatePostgresError(error);
    } finally {
      // After a failed task the connection may be broken or in the middle of a transaction, so it is closed.
      if (--waiting === 0 || isBroken) await disconnect().catch(() => undefined);
    }
  }

  return (action) => {
    waiting++;
    const result = tail.then(() => run(action));
    tail = result.catch(() => undefined);
    return result;
  };
}
