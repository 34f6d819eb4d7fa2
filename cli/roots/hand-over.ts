/**
 * Prints what the user needs after a start: addresses, the first password, a token for the command line, and the
 * example city with a call to paste.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Control } from '../../control/create-control.ts';
import type { Engine } from '../../engine/create-engine.ts';
import type { PlaySettings } from '../../examples/city/play-city.ts';
import { CITY_APP, CITY_BASE_PORT, CITY_KEY_ID, cityFiles, cityIssuer, loadCity } from '../../examples/city/load-city.ts';
import { dataTokenPath, writeTokenFile } from '../shared/token-file.ts';
import type { Host } from './open-host.ts';
import { resetPassword } from './reset-password.ts';
import type { StartOptions } from './root-options.ts';

export interface Started {
  readonly host: Host;
  readonly control: Control;
  readonly engine: Engine;
  readonly addresses: Readonly<Record<string, string>>;
  readonly options: StartOptions;
  /** Aborts when the process should end; nothing more is loaded then. */
  readonly signal: AbortSignal;
  /** `end` stops the simulated systems of the example. It does nothing before they run. */
  readonly city: { end(): Promise<void> | void };
}

const TOKEN_LIFE_MS = 30 * 86_400_000;
const CITY_INTERVAL_MS = 2_000;

/** Prints everything and returns the command that signs and sends a call. Returns undefined if no example is loaded. */
export async function handOver(started: Started, readyMs: number): Promise<string | undefined> {
  const { options, signal } = started;
  signal.throwIfAborted();
  const password = await handOverPassword(started);
  const tryIt = options.example === undefined ? undefined : await openExample(started, options.examplePort ?? CITY_BASE_PORT);
  tell(started, readyMs, password, tryIt);
  return tryIt;
}

/**
 * Hands over the one-time password. A terminal shows it once. Without a terminal the output would end up in a log, so
 * the password is written into a file that only its owner can read.
 */
async function handOverPassword({ control, host, options }: Started): Promise<string | undefined> {
  const file = join(host.folder.handover, 'one-time-password');
  const reset = options.resetPassword === undefined ? undefined : await resetPassword(control, options.resetPassword);
  const first = reset ?? control.firstAdministrator;
  if (!first) return undefined;
  if (process.stdout.isTTY) {
    await rm(file, { force: true });
    return `${first.name} / ${first.oneTimePassword}`;
  }
  await writeFile(file, `${first.name}\n${first.oneTimePassword}\n`, { mode: 0o600 });
  return `in ${file}`;
}

async function openExample(started: Started, basePort: number): Promise<string> {
  const { host, control, engine, addresses, signal } = started;
  const folder = `${host.settings.dataFolder}.city`;
  if ((await engine.catalog.list()).length === 0) {
    const { crypto, settings } = host;
    const run: typeof control.run = (action, input) => {
      signal.throwIfAborted();
      return control.run(action, input);
    };
    await loadCity({ run, crypto, environment: settings.environment, folder, basePort });
    await control.flushPlan();
  }
  const ca = host.caFile === undefined ? {} : { ca: await readFile(host.caFile, 'utf8') };
  const token = await control.issueToken('admin', 'kangqiao start', TOKEN_LIFE_MS);
  await writeTokenFile(dataTokenPath(host.settings.dataFolder), { address: addresses['control']!, token });
  await play(started, folder, basePort, ca);
  return tryItCommand(host, folder, addresses['open']!);
}

/**
 * Starts the example's simulated systems in a separate process, so that they do not use the time or memory of this
 * process.
 */
async function play({ host, control, addresses, city }: Started, folder: string, basePort: number, ca: { ca?: string }): Promise<void> {
  const files = cityFiles(folder);
  const { platformKey } = (await control.run('system.overview', {})) as { platformKey: { keyId: string; publicPem: string } };
  const settings: PlaySettings = {
    basePort,
    journal: files.journal,
    feedIntervalMs: CITY_INTERVAL_MS,
    citizen: {
      open: {
        baseUrl: addresses['open']!,
        appId: CITY_APP,
        keyId: CITY_KEY_ID,
        scheme: 'SM2-SM3',
        key: await readFile(files.appKey, 'utf8'),
        platformKeys: { [platformKey.keyId]: platformKey.publicPem },
        ...ca,
      },
      user: { baseUrl: addresses['user']!, ...cityIssuer, privatePem: await readFile(files.issuerKey, 'utf8'), ...ca },
      intervalMs: CITY_INTERVAL_MS,
    },
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'play.json');
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 });
  const program = fileURLToPath(new URL(`../../examples/city/play-city${extname(import.meta.url)}`, import.meta.url));
  const child = fork(program, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  city.end = () => end(child);
  child.once('exit', (code) => {
    if (code !== 0) host.log.warn('city.ended', { code: code ?? -1 });
  });
  await new Promise<void>((resolve) => {
    child.once('message', () => resolve());
    child.once('exit', () => resolve());
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 1_000).unref();
  });
}

/**
 * Returns a command that signs and sends a call. Each time it is pasted, it makes a new signature and uses a new
 * idempotency key.
 */
function tryItCommand(host: Host, folder: string, open: string): string {
  const body = JSON.stringify({
    hospital: 'A',
    department: '01',
    date: '2026-12-01',
    patient: { patientId: 'P000001', name: '测试甲', idNumber: '310101199001010010', mobile: '13900000001' },
  });
  const program = fileURLToPath(new URL('../../bin/kangqiao.mjs', import.meta.url));
  const ca = host.caFile === undefined ? '' : ` --ca '${host.caFile}'`;
  return (
    `node '${program}' sign --send --app ${CITY_APP} --key-id ${CITY_KEY_ID} --key '${cityFiles(folder).appKey}'${ca} \\\n` +
    `    -H "Idempotency-Key: $(date +%s%N)" -d '${body}' \\\n    ${open}/open/v1/appointments`
  );
}

function tell(
  { host, control, addresses, options }: Started,
  readyMs: number,
  password: string | undefined,
  tryIt: string | undefined,
): void {
  const rows: (readonly [string, string | undefined])[] = [
    ['console 控制台', control.address],
    ['API', `${control.address}/api/docs`],
    ['open 开放网关', addresses['open']],
    ['user 用户网关', addresses['user']],
    ['bus 总线网关', addresses['bus']],
    ['data 数据', host.settings.dataFolder],
    ['key 主密钥', `${host.settings.kekFile} (keep it apart from the data; without it nothing can be read 请与数据分开保管)`],
    ['password 密码', password === undefined ? undefined : `${password} (one-time 一次性)`],
    ['token', options.example === undefined ? undefined : dataTokenPath(host.settings.dataFolder)],
  ];
  const width = Math.max(...rows.map(([name]) => widthOf(name)));
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}${' '.repeat(width - widthOf(name))}  ${value}`]));
  const call = tryIt === undefined ? [] : ['', 'A signed call, as often as you like 可反复粘贴的签名调用:', '', `  ${tryIt}`];
  process.stdout.write(`\n康桥 Kangqiao is ready (${readyMs} ms). Ctrl-C stops it.\n\n${[...lines, ...call].join('\n')}\n\n`);
}

function widthOf(text: string): number {
  return [...text].reduce((sum, char) => sum + (/\p{Script=Han}/u.test(char) ? 2 : 1), 0);
}
