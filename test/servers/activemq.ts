/** ActiveMQ Classic (Java), a JMS broker, in a folder of its own: started, stopped, killed and started again by tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { prepareJars } from './maven-jars.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('activemq/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/activemq/', import.meta.url));
const READY_MS = 60_000;

export interface ActiveMqServer extends Pick<ServerProcess, 'kill' | 'restart' | 'stop'> {
  readonly amqpPort: number;
  readonly stompPort: number;
  /** The port for clients of JMS. */
  readonly openWirePort: number;
  readonly user: string;
  readonly password: string;
  /** Runs a program of JMS, which gets the port and more arguments, and returns what it prints. */
  readonly jms: readonly [program: string, ...args: string[]];
}

/** Why ActiveMQ cannot be had here, or undefined when it is there. */
export function prepareActiveMq(): string | undefined {
  return prepareJars({ name: 'ActiveMQ', source, cache, tools: ['java'] });
}

export async function startActiveMq(): Promise<ActiveMqServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-activemq-'));
  const [amqpPort, stompPort, openWirePort] = [await freePort(), await freePort(), await freePort()];
  const java = ['java', '-Xmx512m', '-XX:+UseSerialGC', '-cp', `${cache}lib/*`] as const;
  const server = await startProcess({
    name: 'ActiveMQ',
    scheme: 'amqp',
    port: amqpPort,
    cwd: source,
    readyWithinMs: READY_MS,
    command: () => [...java, 'ActiveMqMain.java', folder, String(amqpPort), String(stompPort), String(openWirePort)],
    isReady: async () => (await isListening(amqpPort)) && (await isListening(stompPort)) && (await isListening(openWirePort)),
  });
  return {
    amqpPort,
    stompPort,
    openWirePort,
    user: 'lab',
    password: 'lab-secret',
    jms: [...java, `${source}JmsPeer.java`, String(openWirePort)],
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
