/**
 * Callers that sign in compatibility profiles, written from the specifications of the platforms alone: RSA with
 * node:crypto, SM2 with sm-crypto. They use no code of the product.
 */
import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { ProfileName } from '../../../engine/contract/compatibility/profiles.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { buildInterface, buildPlan, type TestKey } from './city-plan.ts';
import { callGateway, type PlainRequest, type TestAnswer } from './start-gateway.ts';

interface SmCrypto {
  readonly sm2: {
    generateKeyPairHex(): { privateKey: string; publicKey: string };
    doSignature(message: string, privateKey: string, options: object): string;
  };
}

const { sm2 } = createRequire(import.meta.url)('sm-crypto') as SmCrypto;

type KeyDocument = GatewayPlan['keys'][number] & { readonly scheme: ProfileName };
type Fields = Readonly<Record<string, string>>;

/** Calls a gateway. The code of a refusal may be within the wrapper of Alipay's form. */
export async function callInProfile(gateway: { readonly port: number }, request: PlainRequest): Promise<TestAnswer> {
  const answer = await callGateway(gateway, request);
  return { ...answer, code: /"code":"(GW[0-9]{5})"/.exec(answer.body.toString())?.[1] };
}

export interface ProfileCaller {
  readonly document: KeyDocument;
  sign(text: string): string;
}

const SM2_SPKI = '3059301306072a8648ce3d020106082a811ccf5501822d034200';

export function createCaller(scheme: ProfileName, appId: string, fields: Partial<KeyDocument> = {}): ProfileCaller {
  const { publicPem, sign } = scheme === 'sorted-sm2' ? createSm2() : createRsa();
  const document = { appId, keyId: `${scheme}-key`, revision: 1, scheme, state: 'ACTIVE', fingerprint: 'f', createdAt: 0 } as const;
  return { document: { ...document, publicPem, ...fields }, sign };
}

function createSm2() {
  const { privateKey, publicKey } = sm2.generateKeyPairHex();
  const publicPem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(SM2_SPKI + publicKey, 'hex').toString('base64')}\n-----END PUBLIC KEY-----\n`;
  const options = { hash: true, publicKey, userId: '1234567812345678' };
  return { publicPem, sign: (text: string) => Buffer.from(sm2.doSignature(text, privateKey, options), 'hex').toString('base64') };
}

function createRsa() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  return { publicPem, sign: (text: string) => createSign('RSA-SHA256').update(text).sign(privateKey, 'base64') };
}

export interface WechatFields {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly serial?: string;
}

/** `HTTP method\nURL\ntimestamp\nnonce\nbody\n`, SHA256 with RSA, Base64. */
export function signWechat({ document, sign }: ProfileCaller, fields: WechatFields = {}): PlainRequest {
  const { method = 'POST', target = '/open/v1/appointments', body = '{"hospital":"A"}', serial = document.keyId } = fields;
  const { timestamp = String(Math.floor(Date.now() / 1000)), nonce = randomUUID().replaceAll('-', '') } = fields;
  const signature = sign(`${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`);
  const token = `mchid="${document.appId}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${serial}"`;
  return {
    ...{ method, target, body },
    headers: { host: 'localhost', authorization: `WECHATPAY2-SHA256-RSA2048 ${token}`, 'content-type': 'application/json', accept: '*/*' },
  };
}

/** The time of Beijing, `yyyy-MM-dd HH:mm:ss`. */
export function beijingTime(now = Date.now()): string {
  return new Date(now + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** All but `sign`, without empty values, sorted and joined; SHA256 with RSA, Base64. */
export function alipayFields({ document, sign }: ProfileCaller, fields: Fields = {}): Fields {
  const all: Fields = {
    ...{ app_id: document.appId, method: 'ifc_book', charset: 'utf-8', sign_type: 'RSA2', version: '1.0', timestamp: beijingTime() },
    ...{ biz_content: '{"hospital":"A"}', ...fields },
  };
  return { ...all, sign: sign(sorted(all)) };
}

/** Some of the parameters in the query and the others in the form, as the platform's own SDKs send them. */
export function sendAlipay(fields: Fields, inQuery: readonly string[] = [], path = '/open/v1/appointments'): PlainRequest {
  const pick = (isWanted: boolean) =>
    new URLSearchParams(Object.entries(fields).filter(([name]) => inQuery.includes(name) === isWanted)).toString();
  const query = pick(true);
  return {
    ...{ method: 'POST', target: query === '' ? path : `${path}?${query}`, body: pick(false) },
    headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
  };
}

export type Members = Readonly<Record<string, unknown>>;

/** All but `signData`, sorted and joined, `data` as its JSON; SM2 over SM3, r || s in Base64. */
export function sortedMembers({ document, sign }: ProfileCaller, members: Members = {}): Members {
  const all: Members = {
    ...{ transType: 'ifc_book', appId: document.appId, version: '1.0.0', encType: '', signType: 'SM2' },
    ...{ timestamp: Math.floor(Date.now() / 1000), data: { hospital: 'A' }, ...members },
  };
  const texts = Object.entries(all).map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]);
  return { ...all, signData: sign(sorted(Object.fromEntries(texts) as Fields)) };
}

export function sendSorted(members: Members, path = '/open/v1/appointments'): PlainRequest {
  return {
    ...{ method: 'POST', target: path, body: JSON.stringify(members) },
    headers: { host: 'localhost', 'content-type': 'application/json;charset=UTF-8' },
  };
}

function sorted(fields: Fields): string {
  return Object.keys(fields)
    .sort()
    .filter((name) => fields[name] !== '')
    .map((name) => `${name}=${fields[name]}`)
    .join('&');
}

const INTERFACES = [
  buildInterface(),
  buildInterface({ interfaceId: 'ifc_other', path: '/open/v1/others' }),
  buildInterface({ interfaceId: 'ifc_put', method: 'PUT' }),
  buildInterface({ interfaceId: 'ifc_named', path: '/open/v1/named', policies: { 'profile-signature': { operation: 'a.b.create' } } }),
  buildInterface({
    ...{ interfaceId: 'ifc_keyed', path: '/open/v1/keyed', requireIdempotencyKey: true },
    policies: { 'profile-signature': { idempotencyField: '/order/no' } },
  }),
  buildInterface({ interfaceId: 'ifc_read', method: 'GET', path: '/open/v1/reports/:id' }),
  buildInterface({ interfaceId: 'ifc_list', method: 'GET', path: '/open/v1/reports' }),
  buildInterface({ interfaceId: 'ifc_sm2', path: '/open/v1/sm2', policies: { signature: { nonRepudiation: true } } }),
  buildInterface({ interfaceId: 'ifc_secret', path: '/open/v1/secret', policies: { envelope: { request: 'require' } } }),
  buildInterface({ interfaceId: 'ifc_xss', path: '/open/v1/xss', policies: { xss: {} } }),
];

/** A plan with the app `hospital`, which may call all interfaces. */
export async function planWith(
  keys: readonly GatewayPlan['keys'][number][],
  profiles: readonly ProfileName[],
  kq1: readonly TestKey[] = [],
): Promise<GatewayPlan> {
  const plan = await buildPlan(kq1, INTERFACES);
  const app = { ...plan.apps.at(-1)!, appId: 'hospital', profiles: [...profiles] };
  const grants = INTERFACES.map(({ interfaceId }, i) => ({ grantId: `grt_h${i}`, revision: 1, appId: 'hospital', interfaceId }));
  return {
    ...plan,
    apps: [...plan.apps.filter(({ appId }) => appId !== 'hospital'), app],
    keys: [...plan.keys, ...keys],
    grants: [...plan.grants, ...grants],
  };
}
