/** HL7 over HTTP by the library of HAPI (Java) as a foreign hospital: fetched by Maven once, run from source. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isListening } from './is-listening.ts';
import { prepareJars } from './maven-jars.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('hoh/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/hapi-hoh/', import.meta.url));
const JAVA = ['-Xmx256m', '-Dfile.encoding=UTF-8', '-cp', `${cache}lib/*`, `${source}HohPeer.java`];

/** Why it cannot be had here, or undefined when it is there. */
export function prepareHoh(): string | undefined {
  return prepareJars({ name: 'HAPI', source, cache, tools: ['java'] });
}

/** Takes any message and acknowledges it; AE with the status 500 where PID-5 contains 拒. */
export function startHohServer(): Promise<ServerProcess> {
  return startProcess({
    ...{ name: 'HAPI', scheme: 'http', cwd: cache, readyWithinMs: 60_000 },
    command: (port) => ['java', ...JAVA, 'server', String(port)],
    isReady: isListening,
  });
}

export interface HohOrder {
  readonly port: number;
  readonly path: string;
  readonly charset: 'GB18030' | 'UTF-8';
  readonly count: number;
  readonly token: string;
  readonly caFile: string;
}

/** Sends admissions and checks the ACKs. Returns the exit code and the output. */
export function runHohClient({ port, path, charset, count, token, caFile }: HohOrder): Promise<{ code: number; output: string }> {
  const options = ['send', String(port), path, charset, String(count), token, caFile];
  const child = spawn('java', [...JAVA, ...options], { cwd: cache, timeout: 60_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}
