/** HAPI HL7v2 2.6 (Java) as a foreign hospital: fetched by Maven once, run from source. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { prepareJars } from './maven-jars.ts';

const source = fileURLToPath(new URL('hapi/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/hapi-hl7/', import.meta.url));

/** Why HAPI cannot be had here, or undefined when it is there. */
export function prepareHapi(): string | undefined {
  return prepareJars({ name: 'HAPI', source, cache, tools: ['java'] });
}

export interface HapiServer {
  readonly port: number;
  /** What it printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** `tls` is a folder with ca.pem, cert.pem and key.pem. */
export async function startHapiServer(charset: string, mode: 'server' | 'enhanced-server' = 'server', tls?: string): Promise<HapiServer> {
  const port = await freePort();
  const child = java([mode, String(port), charset], tls);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('READY')) resolve();
    });
    void closed.then(() => reject(new Error(`HAPI ended before it was ready: ${output}`)));
  });
  await ready;
  // HAPI prints this even where binding failed in its accept thread.
  await canConnect(port);
  return {
    port,
    output: () => output,
    async stop() {
      child.kill();
      await closed;
    },
  };
}

/** Runs a client mode to its end; answers its exit code and output. */
export function runHapiClient(
  mode: 'send' | 'pipe' | 'ask' | 'enhanced',
  port: number,
  charset: string,
  count: number,
  tls?: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const child = java([mode, '127.0.0.1', String(port), charset, String(count)], tls);
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}

function java(args: readonly string[], tls: string | undefined): ChildProcess {
  return spawn('java', ['-Xmx256m', '-Dfile.encoding=UTF-8', '-cp', `${cache}lib/*`, `${source}HospitalPeer.java`, ...args], {
    // HAPI keeps its counter of control ids in a file of the current folder.
    cwd: cache,
    env: { ...process.env, ...(tls === undefined ? {} : { HOSPITAL_TLS: tls }) },
    timeout: 60_000,
  });
}

async function canConnect(port: number): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await isListening(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('HAPI does not listen');
}
