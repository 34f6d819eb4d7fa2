/** A foreign SOAP server: Metro JAX-WS (Java). Its libraries come by Maven once, into `node_modules/.cache/servers/metro`. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = fileURLToPath(new URL('./metro/', import.meta.url));
const folder = fileURLToPath(new URL('../../node_modules/.cache/servers/metro/', import.meta.url));
const START_MS = 60_000;

export interface Metro {
  /** `http://127.0.0.1:port`, below which stand `/reg11`, `/reg12`, `/reggbk` and `/regsec`. */
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** Starts it, or skips the test by name where Java or Maven is not there; with CI=true that is a failure. */
export async function startMetro(t: TestContext): Promise<Metro | undefined> {
  try {
    await run('java', ['-version']);
    await prepare();
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    t.skip('the foreign SOAP server Metro cannot be had here (needs java, javac, mvn and the Maven repository)');
    return undefined;
  }
  const server = spawn(
    'java',
    [
      '-Xmx256m',
      '-Dsun.net.httpserver.nodelay=true',
      '-Dstdout.encoding=UTF-8',
      '-cp',
      `${join(folder, 'lib')}/*:${join(folder, 'classes')}`,
      'hospital.Registration',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    return { baseUrl: `http://127.0.0.1:${await readyPort(server)}`, stop: () => stop(server) };
  } catch (error) {
    await stop(server);
    throw error;
  }
}

/** Libraries and classes; nothing is done again unless the Java source is newer. */
async function prepare(): Promise<void> {
  const javaFile = join(folder, 'hospital', 'Registration.java');
  const classFile = join(folder, 'classes', 'hospital', 'Registration.class');
  if ((await modifiedAt(classFile)) > (await modifiedAt(join(source, 'hospital', 'Registration.java')))) return;
  await mkdir(folder, { recursive: true });
  await cp(source, folder, { recursive: true });
  await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'], {
    cwd: folder,
    timeout: 180_000,
  });
  await run('javac', ['-encoding', 'UTF-8', '-cp', 'lib/*', '-d', 'classes', javaFile], { cwd: folder, timeout: 60_000 });
}

async function modifiedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function readyPort(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Metro did not get ready in time')), START_MS);
    server.once('exit', (code) => reject(new Error(`Metro ended with ${code}`)));
    createInterface({ input: server.stdout! }).on('line', (line) => {
      const port = /^READY (\d+)$/.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(port);
    });
  });
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}
