/**
 * Loads the example city into an empty installation, by the same actions that the console and the command line use, and gives the outside
 * world its keys. What belongs to the outside (private keys, tokens, the feed's journal) is in a folder next to the data folder.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';

export interface CityDeps {
  /** Runs an action of control as the process itself. */
  run(action: string, input: unknown): Promise<unknown>;
  readonly crypto: Crypto;
  /** Environment whose adapter settings are used. */
  readonly environment: string;
  /** Folder of the outside world; made with mode 0700. */
  readonly folder: string;
  /** The outside's programs listen from here on: hospital A + 1, B + 2, district + 4; hospital C is listened for at + 575. */
  readonly basePort: number;
  readonly onProgress?: (text: string) => void;
}

export const CITY_BASE_PORT = 21_000;
export const CITY_APP = 'A10021';
export const CITY_KEY_ID = 'k1';
const DISTRICT_APP = 'B20001';
/** Why connections may go to this machine. */
const OUTSIDE = '示例城市的外部程序在本机 / programs of the example city on this machine';
const ISSUER = { kid: 'citizens-1', issuer: 'https://id.example.city', audience: 'kangqiao' };

/** Where the outside keeps its keys. */
export function cityFiles(folder: string) {
  const at = (name: string) => join(folder, name);
  return {
    appKey: at('A10021.key.pem'),
    issuerKey: at('citizens.key.pem'),
    busToken: at('B20001.token'),
    journal: at('hospital-c.ndjson'),
  };
}

export const cityIssuer = ISSUER;

export async function loadCity(deps: CityDeps): Promise<void> {
  const { run, onProgress = () => undefined } = deps;
  await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  onProgress('adapters, code tables, flows, interfaces');
  const flows = await readFlows();
  const bundle = {
    schema: 'bundle/1',
    adapters: await read('adapters', deps),
    tables: await read('tables', deps),
    flows,
    interfaces: await read('interfaces', deps),
  };
  for (const port of [1, 2, 4]) await run('outbound.allow', { target: `127.0.0.1:${deps.basePort + port}`, reason: OUTSIDE });
  await run('bundles.import', { bundle, replace: true });
  onProgress('callers, keys, grants');
  for (const app of await read<{ appId: string }>('apps', deps)) await run('apps.save', { appId: app.appId, document: app });
  await giveKeys(deps);
  for (const grant of await read<{ grantId: string }>('grants', deps))
    await run('grants.save', { grantId: grant.grantId, document: grant });
  for (const flow of flows) {
    onProgress(`publish ${flow.flowId}`);
    await run('flows.publish', { flowId: flow.flowId });
  }
}

/** The app's SM2 key with proof of possession, the issuer of citizens' tokens, the district's bus token. */
async function giveKeys({ run, crypto, folder }: CityDeps): Promise<void> {
  const files = cityFiles(folder);
  const app = await pemPair(crypto, 'SM2-SM3');
  const key = { appId: CITY_APP, keyId: CITY_KEY_ID };
  const { challenge } = (await run('keys.upload', { ...key, scheme: 'SM2-SM3', publicPem: app.publicPem })) as { challenge: string };
  const handle = crypto.importKey({ format: 'pem', pem: app.privatePem }, 'SM2-SM3', 'private');
  const signature = Buffer.from(await crypto.sign(handle, Buffer.from(challenge))).toString('base64url');
  await run('keys.activate', { ...key, signature });
  await keep(files.appKey, app.privatePem);
  const issuer = await pemPair(crypto, 'ES256');
  await run('user-token-keys.save', { document: { ...ISSUER, alg: 'ES256', publicPem: issuer.publicPem } });
  await keep(files.issuerKey, issuer.privatePem);
  const { token } = (await run('bus-consumers.create-token', { appId: DISTRICT_APP })) as { token: string };
  await keep(files.busToken, token);
}

async function pemPair(crypto: Crypto, scheme: 'SM2-SM3' | 'ES256'): Promise<{ privatePem: string; publicPem: string }> {
  const made = await crypto.generateKey(scheme);
  if ('secret' in made) throw new TypeError(`${scheme} has key pairs`);
  return made;
}

function keep(file: string, text: string): Promise<void> {
  return writeFile(file, text, { mode: 0o600 });
}

async function readFlows(): Promise<{ readonly flowId: string }[]> {
  const folder = new URL('./flows/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(new URL(name, folder), 'utf8')) as { flowId: string }));
}

/** A list of documents, with the city's usual ports and environment replaced by those of this installation. */
async function read<T>(name: string, { basePort, environment }: CityDeps): Promise<readonly T[]> {
  const text = await readFile(fileURLToPath(new URL(`./${name}.json`, import.meta.url)), 'utf8');
  const moved = text.replaceAll(/\b21(00[124]|575)\b/g, (port) => String(Number(port) - CITY_BASE_PORT + basePort));
  return JSON.parse(moved.replaceAll('"default": {', `"${environment}": {`)) as readonly T[];
}
