/** GreenMail (Java), a mail server for sending and receiving with the mailboxes `lab` and `archive`, both with the password `secret`. */
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { prepareJars } from './maven-jars.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('greenmail/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/greenmail/', import.meta.url));

/** Why it cannot be had here, or undefined when it is there. */
export function prepareGreenMail(): string | undefined {
  return prepareJars({ name: 'GreenMail', source, cache, tools: ['java'] });
}

/** Its `port` is that of SMTP. */
export interface GreenMail extends ServerProcess {
  readonly imapPort: number;
}

export async function startGreenMail(): Promise<GreenMail> {
  const imapPort = await freePort();
  const server = await startProcess({
    name: 'greenmail',
    scheme: 'smtp',
    cwd: source,
    command: (port) => ['java', '-Xmx512m', '-cp', `${cache}lib/*`, 'MailMain.java', String(port), String(imapPort)],
    isReady: async (port) => (await isListening(port)) && (await isListening(imapPort)),
  });
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    imapPort,
  };
}
