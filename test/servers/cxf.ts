/** A foreign SOAP server: Apache CXF (Java) with WS-Security by WSS4J and MTOM. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { prepareJars } from './maven-jars.ts';

const source = fileURLToPath(new URL('./cxf/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/cxf/', import.meta.url));
const START_MS = 90_000;
const PASSWORD = 'changeit';

export interface Cxf {
  /** Below it are `/plain`, `/login`, `/signed` and `/mtom`. */
  readonly baseUrl: string;
  /** Private key and certificate as PEM that `/signed` trusts; and such that it does not. */
  readonly client: string;
  readonly stranger: string;
  /** The certificate with which `/signed` signs. */
  readonly serverCertificate: string;
  stop(): Promise<void>;
}

/** Why it cannot be had here, or undefined when it is there. */
export function prepareCxf(): string | undefined {
  for (const tool of ['openssl', 'keytool']) if (spawnSync(tool, ['version']).error) return `${tool} is not installed`;
  return prepareJars({
    ...{ name: 'CXF', source, cache, tools: ['java', 'javac'] },
    finish(lib) {
      const compiled = spawnSync('javac', [
        '-encoding',
        'UTF-8',
        '-cp',
        `${lib}/*`,
        '-d',
        `${lib}/classes`,
        `${source}hospital/Reports.java`,
      ]);
      return compiled.status === 0 ? undefined : `javac: ${String(compiled.stderr).slice(-300)}`;
    },
  });
}

export async function startCxf(): Promise<Cxf> {
  const folder = mkdtempSync(join(tmpdir(), 'kq-cxf-'));
  const [, client, stranger] = ['server', 'client', 'stranger'].map((name) => makeKey(folder, name)) as [string, string, string];
  const run = (tool: string, ...options: readonly string[]) => {
    const done = spawnSync(tool, options, { cwd: folder });
    if (done.status !== 0) throw new Error(`${tool}: ${String(done.stdout)}${String(done.stderr)}`);
  };
  run(
    'openssl',
    'pkcs12',
    '-export',
    '-in',
    'server.crt',
    '-inkey',
    'server.key',
    '-name',
    'server',
    '-out',
    'server.p12',
    '-passout',
    `pass:${PASSWORD}`,
  );
  const trust = ['-keystore', 'trust.p12', '-storetype', 'PKCS12', '-storepass', PASSWORD];
  run('keytool', '-importcert', '-noprompt', '-alias', 'client', '-file', 'client.crt', ...trust);
  const port = await freePort();
  const classes = `${cache}lib/*:${cache}lib/classes`;
  const child = spawn('java', ['-Xmx256m', '-cp', classes, 'hospital.Reports', String(port), folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  let problems = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (problems = (problems + text).slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`CXF did not get ready in time: ${problems}`)), START_MS);
    child.once('exit', (code) => reject(new Error(`CXF ended with ${code}: ${problems}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line !== 'READY') return;
      clearTimeout(timer);
      resolve();
    });
  });
  return {
    ...{ baseUrl: `http://127.0.0.1:${port}`, client, stranger, serverCertificate: readFileSync(join(folder, 'server.crt'), 'utf8') },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function makeKey(at: string, name: string): string {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...files], {
      cwd: at,
    });
    if (made.status !== 0) throw new Error(String(made.stderr));
    const pem = readFileSync(join(at, `${name}.key`), 'utf8') + readFileSync(join(at, `${name}.crt`), 'utf8');
    writeFileSync(join(at, `${name}.pem`), pem);
    return pem;
  }
}
