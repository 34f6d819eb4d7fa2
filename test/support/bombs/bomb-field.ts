/** A running platform with those who throw: viewers and analysts at the console, callers on the bus, and a hostile hospital. */
import { randomInt } from 'node:crypto';
import { isFree } from '../../servers/free-port.ts';
import { openCity, type City, type Person, type Reply } from '../city.ts';
import { chainFlow, openPlatformApi, type PlatformApi } from '../platform-api.ts';
import type { Platform } from '../platform-process.ts';
import { allBombs, type AllBombs } from './all-bombs.ts';
import { startHostileHospital, type HostileHospital } from './hostile-hospital.ts';

export interface BombField {
  readonly platform: Platform;
  readonly city: City;
  readonly api: PlatformApi;
  readonly bombs: AllBombs;
  readonly hospital: HostileHospital;
  readonly viewers: readonly Person[];
  readonly analysts: readonly Person[];
  /** Where messages over MLLP are listened for. */
  readonly hl7Port: number;
  /** By the kind of bomb that its hospital answers with: the path on the bus front, which takes `{n}`. */
  readonly paths: Readonly<Record<'json' | 'json-text' | 'xml' | 'soap' | 'ack', string>>;
  /** Paths of those who do nothing wrong. */
  readonly innocent: readonly string[];
  /** Of one who asks hospital A, which is called by all the city. */
  readonly asking: string;
  /** Mailboxes are many: one secret is theirs. */
  readonly keeper: Person;
  stop(): Promise<void>;
}

const EACH_ROLE = 3;
const DONE = { type: 'transform.set@1', config: { fields: [{ to: 'data', from: { value: { ok: true } } }] } };

export async function openBombField(platform: Platform, seed: number): Promise<BombField> {
  const city = await openCity(platform);
  const api = await openPlatformApi(platform);
  const bombs = allBombs(seed);
  const { json, xml, soap, ack, wsdl } = bombs;
  const hospital = await startHostileHospital({ json, xml, soap, ack, wsdl });
  const people = (roles: readonly string[]) => Promise.all(Array.from({ length: EACH_ROLE }, () => city.person(roles)));
  const viewers = await people(['viewer']);
  const analysts = await people(['analyst']);
  const keeper = await city.person(['analyst', 'security-admin']);
  const hl7Port = await freePort();
  await saveAdapters(api, hospital, hl7Port);
  const offer = async (name: string, nodes: Parameters<typeof chainFlow>[1]) => {
    await api.publish(chainFlow(`flw_${name}`, nodes, { deadlineMs: 20_000 }));
    return api.offer(`flw_${name}`, { timeoutMs: 20_000 });
  };
  const ask = (kind: string, responseAs: string) => ({
    type: 'http.call@1',
    adapter: 'adp_hostile',
    config: { method: 'GET', path: `/${kind}/{data.body.n}`, responseAs },
  });
  const paths = {
    json: await offer('bomb_json', [ask('json', 'auto'), DONE]),
    'json-text': await offer('bomb_json_text', [ask('json', 'bytes'), { type: 'json.parse@1', config: {} }, DONE]),
    xml: await offer('bomb_xml', [ask('xml', 'bytes'), { type: 'xml.parse@1', config: {} }, DONE]),
    soap: await offer('bomb_soap', [SOAP, DONE]),
    ack: await offer('bomb_ack', [
      HL7_WITH_NUMBER,
      { type: 'mllp.send@1', adapter: 'adp_hostile_acks', config: { idempotent: true } },
      DONE,
    ]),
  };
  await api.publish(listening());
  const innocent = [
    await offer('innocent_script', [{ type: 'code.run@1', config: { source: 'return message.data' } }, DONE]),
    await offer('innocent_check', [
      { type: 'check.json-schema@1', config: { schema: { properties: { body: { type: 'object' } } } } },
      DONE,
    ]),
  ];
  const asking = await offer('innocent_ask', [
    { type: 'http.call@1', adapter: 'adp_hospital_a', config: { method: 'GET', path: '/departments' } },
    DONE,
  ]);
  return {
    ...{ platform, city, api, bombs, hospital, viewers, analysts, keeper, hl7Port, paths, innocent, asking },
    async stop() {
      await Promise.all([city.close(), api.close(), hospital.stop()]);
    },
  };
}

const SOAP = {
  type: 'soap.call@1',
  adapter: 'adp_hostile_soap',
  config: { namespace: 'u', operation: 'o', reads: true, body: { path: 'data.body' } },
};
const HL7_WITH_NUMBER = {
  type: 'code.run@1',
  config: { source: "return 'MSH|^~\\\\&|BOMB' + message.data.body.n + '|H|B|C|20260601||ADT^A01|1|P|2.5.1\\r'" },
};

function listening() {
  const flow = chainFlow('flw_bomb_hl7', [{ type: 'hl7.parse@1', config: {} }, DONE], { mode: 'durable' });
  const [, ...rest] = flow.nodes;
  return { ...flow, nodes: [{ ...flow.nodes[0]!, type: 'mllp.listen@1', adapter: 'adp_hostile_hl7' }, ...rest] };
}

async function saveAdapters(api: PlatformApi, { baseUrl, ackPort }: HostileHospital, hl7Port: number): Promise<void> {
  const save = (adapterId: string, protocol: string, settings: unknown) =>
    api.ask('PUT', `/adapters/${adapterId}`, adapterOf(adapterId, protocol, settings));
  await save('adp_hostile', 'http', { baseUrl });
  await save('adp_hostile_soap', 'soap', { baseUrl: `${baseUrl}/soap` });
  await save('adp_hostile_acks', 'mllp', { host: '127.0.0.1', port: ackPort, connections: 4 });
  await save('adp_hostile_hl7', 'mllp', { listen: { host: '127.0.0.1', port: hl7Port }, peers: ['127.0.0.1'] });
}

export function adapterOf(adapterId: string, protocol: string, settings: unknown, more: object = {}): object {
  const name = { 'zh-CN': adapterId, en: adapterId };
  return { adapterId, revision: 0, name, protocol, owner: '', domain: 'sh-city', environments: { DEV: settings }, ...more };
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000);
    if (await isFree(port)) return port;
  }
}

/** What became of a bomb. */
export interface Outcome {
  readonly bomb: string;
  /** Each way that it was thrown, with what came back: `validate 200`, `save 422 FLOW_INVALID`. */
  readonly ways: readonly string[];
  /** What must not come back. */
  readonly faults: readonly string[];
}

/** Refusals that say nothing beyond that something is broken here. */
const BROKEN = new Set(['INTERNAL_BUG', 'GW50001']);

export interface Thrown {
  readonly way: string;
  readonly status: number;
  readonly text: string;
  readonly fault?: string;
}

/** A result, or a refusal that says why; too many checks at once are waited for. */
export async function thrown(way: string, send: () => Promise<Pick<Reply, 'status' | 'headers' | 'text'>>): Promise<Thrown> {
  for (let attempt = 0; ; attempt++) {
    const { status, headers, text } = await send().catch((error: unknown) => ({
      status: 0,
      headers: {} as Reply['headers'],
      text: String(error),
    }));
    if (status === 429 && attempt < 3) {
      await new Promise((resolve) => setTimeout(resolve, Number(headers['retry-after'] ?? 1) * 1000));
      continue;
    }
    const code = codeOf(text);
    const told = `${way} ${status}${code === undefined || status === 200 ? '' : ` ${code}`}`;
    const isFine = status === 200 || (status >= 400 && code !== undefined && !BROKEN.has(code));
    return { way: told, status, text, ...(isFine ? {} : { fault: `${told}: ${text.slice(0, 300)}` }) };
  }
}

/** Of a refusal's body. */
export function codeOf(text: string): string | undefined {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
