/**
 * A generated matrix of requests through a real gateway of citizens, with an oracle that knows what was generated and
 * never parses. The upstream logs what it got and reads it naively.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface } from '../support/city-plan.ts';
import { callGateway, type PlainRequest } from '../support/start-gateway.ts';
import { startObjectLab, type ObjectLab, type Seen } from './object-lab.ts';

const REQUESTS = 2_000;
const FAMILY = ['kin-1', 'kin-2', '900'];
const CLAIMS = { uid: 'u-17', num: 4217, ids: ['card-1', 'card-2', 31], area: '3101', person: { no: 'p~/1' } };
const SALT = 'pepper';

const CARRIERS = ['path', 'query', 'header', 'json', 'list', 'pointer', 'form', 'multipart', 'xml', 'attribute'] as const;
type CarrierName = (typeof CARRIERS)[number];
const LOCATORS: Readonly<Record<CarrierName, string>> = {
  path: 'path:id',
  query: 'query:patientId',
  header: 'header:x-patient-id',
  json: 'json:$.patient.id',
  list: 'json:$.items[*].pid',
  pointer: 'json:/patient/id',
  form: 'form:patientId',
  multipart: 'form:patientId',
  xml: 'xml:/request/patient/id',
  attribute: 'xml:/request/patient/@id',
};
const NO_INJECTION: readonly CarrierName[] = ['path', 'xml', 'attribute', 'multipart'];

interface Relation {
  readonly name: string;
  readonly rule: Readonly<Record<string, unknown>>;
  readonly own: readonly string[];
  readonly foreign: readonly string[];
  /** What is filled in. */
  readonly injected?: string;
}

const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');
const RELATIONS: readonly Relation[] = [
  {
    name: 'eq',
    rule: { op: 'eq', subject: 'token.uid' },
    own: ['u-17'],
    foreign: ['u-18', 'u-1', 'u-170', 'U-17', ' u-17', ''],
    injected: 'u-17',
  },
  {
    name: 'eq-number',
    rule: { op: 'eq', subject: 'token.num' },
    own: ['4217'],
    foreign: ['4218', '04217', '-4217', '4217a'],
    injected: '4217',
  },
  { name: 'eq-nested', rule: { op: 'eq', subject: 'token.person.no' }, own: ['p~/1'], foreign: ['p~1', 'p/1'], injected: 'p~/1' },
  {
    name: 'in',
    rule: { op: 'in', subject: 'token.ids' },
    own: ['card-1', 'card-2', '31'],
    foreign: ['card-3', 'card-1,card-2', '3', 'card'],
  },
  {
    name: 'member',
    rule: { op: 'memberOf', subject: 'token.uid', provider: 'ifc_kin', relation: 'family' },
    own: FAMILY,
    foreign: ['kin-3', 'u-17', '9000'],
  },
  {
    name: 'sm3',
    rule: { op: 'hashEq', subject: 'token.uid' },
    own: [hash('sm3', 'u-17')],
    foreign: ['u-17', hash('sm3', 'u-18')],
    injected: hash('sm3', 'u-17'),
  },
  {
    name: 'sha256-salt',
    rule: { op: 'hashEq', subject: 'token.uid', digest: 'sha256', salt: 'salt-test' },
    own: [hash('sha256', `${SALT}u-17`)],
    foreign: [hash('sha256', 'u-17'), hash('sha256', `${SALT}u-18`)],
    injected: hash('sha256', `${SALT}u-17`),
  },
  {
    name: 'prefix',
    rule: { op: 'prefix', subject: 'token.area' },
    own: ['3101', '310104', '3101-x'],
    foreign: ['3102', '310', 'x3101', '3101,3102', '3101 3102', '3101..3102'],
  },
  { name: 'no-claim', rule: { op: 'eq', subject: 'token.nothing' }, own: [], foreign: ['u-17', ''] },
];

const ABSENT = ['deny', 'allow', 'inject'] as const;

interface Cell {
  readonly carrier: CarrierName;
  readonly relation: Relation;
  readonly absent: (typeof ABSENT)[number];
  readonly document: InterfaceDocument;
}

interface Generated {
  readonly request: PlainRequest;
  readonly expected: 200 | 400 | 403;
  /** What the upstream must read; undefined if it must see nothing. */
  readonly seen?: readonly string[];
  readonly about: string;
}

let lab: ObjectLab;
let cells: readonly Cell[];
before(async () => {
  lab = await startObjectLab(
    (service) => {
      cells = buildCells(service);
      return [
        ...cells.map(({ document }) => document),
        buildInterface({ interfaceId: 'ifc_kin', front: 'bus', path: '/bus/kin', target: { kind: 'flow', flowId: 'flw_kin' } }),
      ];
    },
    { claims: CLAIMS, family: FAMILY, salts: { 'salt-test': SALT } },
  );
});
after(() => lab.close());

function buildCells(service: string): readonly Cell[] {
  return CARRIERS.flatMap((carrier) =>
    RELATIONS.flatMap((relation) =>
      ABSENT.filter((absent) => absent !== 'inject' || (relation.injected !== undefined && !NO_INJECTION.includes(carrier))).map(
        (absent) => {
          const name = `${carrier}_${relation.name}_${absent}`;
          const document = buildInterface({
            ...{ interfaceId: `ifc_${name}`, front: 'user', domain: 'city', target: { kind: 'upstream', instances: [service] } },
            method: carrier === 'path' || carrier === 'query' || carrier === 'header' ? 'GET' : 'POST',
            path: `/user/${name}${carrier === 'path' ? '/:id' : ''}`,
            policies: { 'object-access': { rules: [{ locator: LOCATORS[carrier], absent, ...relation.rule }] } },
          } as Partial<InterfaceDocument>);
          return { carrier, relation, absent, document };
        },
      ),
    ),
  );
}

test(`of ${REQUESTS} generated requests over all locators and operators, none is judged wrongly`, async (t) => {
  const random = createRandom(20261129);
  const wrong: string[] = [];
  const counts = { 200: 0, 400: 0, 403: 0 };
  const generated = Array.from({ length: REQUESTS }, (_, i) => generate(cells[i % cells.length]!, random));
  for (const { expected } of generated) counts[expected]++;
  const statuses = await callAll(generated);
  const reached = Map.groupBy(lab.seen, ({ headers }) => Number(headers['x-case']));
  for (const [i, made] of generated.entries()) {
    const problem = judge(made, statuses[i]!, reached.get(i) ?? []);
    if (problem !== undefined) wrong.push(`${made.about}: ${problem}`);
  }
  t.diagnostic(`requests ${REQUESTS}, interfaces ${cells.length}, expected ${JSON.stringify(counts)}, wrong ${wrong.length}`);
  assert.deepEqual(wrong, []);
});

async function callAll(generated: readonly Generated[]): Promise<readonly number[]> {
  const statuses: number[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < generated.length; i = next++) {
      const { request } = generated[i]!;
      statuses[i] = (await callGateway(lab.gateway, { ...request, headers: { ...request.headers, 'x-case': String(i) } })).status;
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return statuses;
}

function judge({ expected, seen }: Generated, status: number, reached: readonly Seen[]): string | undefined {
  if (status !== expected) return `expected ${expected}, got ${status}`;
  if (expected !== 200) return reached.length === 0 ? undefined : 'the upstream was called';
  if (reached.length !== 1) return 'the upstream was not called once';
  const found = naiveRead(reached[0]!);
  return JSON.stringify(found) === JSON.stringify(seen)
    ? undefined
    : `the upstream saw ${JSON.stringify(found)}, not ${JSON.stringify(seen)}`;
}

type Random = (below: number) => number;

function generate(cell: Cell, random: Random): Generated {
  const kind = random(10);
  if (kind < 3 && cell.relation.own.length > 0) return made(cell, [pick(cell.relation.own, random)], random);
  if (kind < 6) return made(cell, [pick(cell.relation.foreign, random)], random);
  if (kind < 7 && cell.carrier === 'list')
    return made(
      cell,
      [pick([...cell.relation.own, 'x'], random), pick(cell.relation.foreign, random), pick([...cell.relation.own, 'x'], random)],
      random,
    );
  if (kind < 8 && cell.carrier !== 'path') return absentField(cell);
  return ambiguousField(cell, random);
}

function made(cell: Cell, values: readonly string[], random: Random): Generated {
  const { carrier, relation } = cell;
  // A path segment is never empty, a header has no outer spaces, and a query with a space twice-decoded stays itself.
  const isOwn = values.every((value) => relation.own.includes(carrier === 'header' ? value.trim() : value));
  const about = `${cell.document.interfaceId} values ${JSON.stringify(values)}`;
  if (carrier === 'path' && (values[0] === '' || values[0]!.includes('/'))) return ambiguousField(cell, random);
  const seen = carrier === 'header' ? values.map((value) => value.trim()) : values;
  return { request: write(cell, values, random), expected: isOwn ? 200 : 403, about, ...(isOwn && { seen }) };
}

function absentField(cell: Cell): Generated {
  const { absent, relation, carrier } = cell;
  const about = `${cell.document.interfaceId} absent`;
  const request = write(cell, undefined, () => 1);
  if (absent === 'deny') return { request, expected: 403, about };
  if (absent === 'allow') return { request, expected: 200, seen: [], about };
  return { request, expected: 200, seen: carrier === 'list' ? [relation.injected!, relation.injected!] : [relation.injected!], about };
}

function ambiguousField(cell: Cell, random: Random): Generated {
  const { carrier, relation, document } = cell;
  const own = relation.own[0] ?? 'own';
  const request = pick(AMBIGUOUS[carrier], random)({ path: document.path, own, foreign: 'victim' });
  return { request: withToken(request), expected: 400, about: `${document.interfaceId} ambiguous ${JSON.stringify(request)}` };
}

interface Spoiled {
  readonly path: string;
  readonly own: string;
  readonly foreign: string;
}
type Spoil = (given: Spoiled) => PlainRequest;

const get = (target: string, headers = {}): PlainRequest => ({ target, headers });
const post = (target: string, type: string, body: string | Buffer): PlainRequest => ({
  method: 'POST',
  target,
  body,
  headers: { 'content-type': type },
});
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const enc = encodeURIComponent;

/** Bodies in which a reader may find another id. `field` makes the JSON text of the object that has the id. */
const spoilJson = (name: string, wrap: (object: string) => string): readonly Spoil[] => [
  ({ path, own, foreign }) => post(path, JSON_TYPE, wrap(`{"${name}":"${own}","${name}":"${foreign}"}`)),
  ({ path, own, foreign }) =>
    post(
      path,
      JSON_TYPE,
      wrap(`{"${name}":"${own}","\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}":"${foreign}"}`),
    ),
  ({ path, own, foreign }) => post(path, JSON_TYPE, wrap(`{"${name}":"${own}","${name.toUpperCase()}":"${foreign}"}`)),
  ({ path, own, foreign }) => post(path, JSON_TYPE, wrap(`{"${name}":["${own}","${foreign}"]}`)),
  ({ path, own }) => post(path, JSON_TYPE, wrap(`{"${name}":{"$eq":"${own}"}}`)),
  ({ path }) => post(path, JSON_TYPE, wrap(`{"${name}":true}`)),
  ({ path }) => post(path, JSON_TYPE, wrap(`{"${name}":4217.0}`)),
  ({ path }) => post(path, JSON_TYPE, wrap(`{"${name}":4.217e3}`)),
  ({ path }) => post(path, JSON_TYPE, wrap(`{"${name}":12345678901234567890}`)),
  ({ path, own, foreign }) => post(path, JSON_TYPE, wrap(`{"${name}":"${own}\\u0000${foreign}"}`)),
  ({ path, own }) => post(path, JSON_TYPE, wrap(`{"${name}":"${own}\\ud800"}`)),
  ({ path, own }) => post(path, 'application/json; charset=utf-16', wrap(`{"${name}":"${own}"}`)),
  ({ path, own }) => post(path, 'application/json; charset=utf-8; charset=gbk', wrap(`{"${name}":"${own}"}`)),
  ({ path, own }) => post(path, 'text/plain', wrap(`{"${name}":"${own}"}`)),
  ({ path, foreign }) => post(path, FORM_TYPE, `${name}=${foreign}`),
  ({ path, own }) => post(path, JSON_TYPE, Buffer.from([...Buffer.from(wrap(`{"${name}":"${own}"}`)), 0xff])),
  ({ path, own }) => ({
    ...post(path, JSON_TYPE, wrap(`{"${name}":"${own}"}`)),
    headers: { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' },
  }),
];

const xmlOf = (inner: string) => `<request>${inner}</request>`;
const XML = 'application/xml';
const spoilXml = (own: (id: string) => string): readonly Spoil[] => [
  ({ path, own: id, foreign }) => post(path, XML, xmlOf(`${own(id)}${own(foreign)}`)),
  ({ path, own: id }) => post(path, XML, `<!DOCTYPE request [<!ENTITY x "y">]>${xmlOf(own(id))}`),
  ({ path, own: id }) => post(path, XML, `<?xml version="1.0" encoding="GBK"?>${xmlOf(own(id))}`),
  ({ path, own: id }) => post(path, XML, ` <?xml version="1.0" encoding="GBK"?>${xmlOf(own(id))}`),
  ({ path, own: id }) => post(path, XML, xmlOf(own(id)) + xmlOf(own(id))),
  ({ path, own: id }) => post(path, XML, xmlOf(own(`${id}&#0;`))),
  ({ path, own: id }) => post(path, XML, xmlOf(own(`${id}&unknown;`))),
  ({ path, own: id }) => post(path, JSON_TYPE, JSON.stringify({ request: { patient: { id } } })),
  ({ path, own: id }) => post(path, XML, xmlOf(own(id)).replace('</request>', '</other>')),
];

const multipart = (path: string, parts: readonly string[], boundary = 'b1') =>
  post(
    path,
    `multipart/form-data; boundary=${boundary}`,
    `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`,
  );
const part = (name: string, value: string, more = '') => `Content-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}`;

const AMBIGUOUS: Readonly<Record<CarrierName, readonly Spoil[]>> = {
  path: [
    ({ path, own, foreign }) => get(path.replace(':id', `${enc(own)};${foreign}`)),
    ({ path, own }) => get(path.replace(':id', `${enc(own)}%3bx`)),
    ({ path, foreign }) => get(path.replace(':id', `%25${Buffer.from(foreign[0]!).toString('hex')}${foreign.slice(1)}`)),
    ({ path, own }) => get(path.replace(':id', `${enc(own)}%0a`)),
    ({ path, own }) => get(path.replace(':id', `${enc(own)}%ff`)),
  ],
  query: [
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)}&patientId=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)}&PATIENTID=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)}&patientId[]=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)}&patientId%5B0%5D=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)}&+patientId=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)}&patient%C4%B1d=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patientId=${enc(own)};patientId=${foreign}`),
    ({ path, own, foreign }) => get(`${path}?patient%49d=${enc(own)}&x=${foreign}`),
    ({ path, foreign }) => get(`${path}?patientId=%25${Buffer.from(foreign[0]!).toString('hex')}${foreign.slice(1)}`),
    ({ path, own }) => get(`${path}?patientId=${enc(own)}+x`),
    ({ path, own }) => get(`${path}?patientId=${enc(own)}%00`),
    ({ path, own }) => get(`${path}?patientId=${enc(own)}%e4`),
  ],
  header: [
    ({ path, own, foreign }) => ({ target: path, headers: { 'x-patient-id': [own, foreign] as unknown as string } }),
    ({ path, own, foreign }) => get(path, { 'x-patient-id': own, x_patient_id: foreign }),
    ({ path, own }) => get(path, { 'x-patient-id': `${own}\u00e9` }),
    ({ path }) => get(path, { 'x-patient-id': 'a%2541' }),
  ],
  json: spoilJson('id', (object) => `{"patient":${object}}`),
  pointer: [
    ...spoilJson('id', (object) => `{"patient":${object}}`),
    ({ path, own }) => post(path, JSON_TYPE, `{"patient":[{"id":"${own}"}]}`),
  ],
  list: [
    ...spoilJson('pid', (object) => `{"items":[{"pid":"x"},${object}]}`),
    ({ path, own }) => post(path, JSON_TYPE, `{"items":{"pid":"${own}"}}`),
  ],
  form: [
    ({ path, own, foreign }) => post(path, FORM_TYPE, `patientId=${enc(own)}&patientId=${foreign}`),
    ({ path, own, foreign }) => post(path, FORM_TYPE, `patientId=${enc(own)}&patientid=${foreign}`),
    ({ path, own, foreign }) => post(path, FORM_TYPE, `patientId=${enc(own)}&patientId%5b%5d=${foreign}`),
    ({ path, own, foreign }) => post(path, FORM_TYPE, `patientId=${enc(own)};patientId=${foreign}`),
    ({ path, own }) => post(path, FORM_TYPE, `patientId=${enc(own)}&_charset_=gbk`),
    ({ path, own, foreign }) => post(`${path}?patientId=${foreign}`, FORM_TYPE, `patientId=${enc(own)}`),
    ({ path, own }) => post(path, JSON_TYPE, JSON.stringify({ patientId: own })),
    ({ path, own }) => post(path, `${FORM_TYPE}; charset=gbk`, `patientId=${enc(own)}`),
    ({ path }) => post(path, FORM_TYPE, 'patientId=%2576ictim'),
  ],
  multipart: [
    ({ path, own, foreign }) => multipart(path, [part('patientId', own), part('patientId', foreign)]),
    ({ path, own, foreign }) => multipart(path, [part('patientId', own), part('PatientId', foreign)]),
    ({ path, own, foreign }) => multipart(path, [part('patientId', own, `; name="${foreign}"`)]),
    ({ path, own }) => multipart(path, [part('patientId', own, "; name*=UTF-8''other")]),
    ({ path, own }) => multipart(path, [part('patientId', own).replace('\r\n\r\n', '\r\nContent-Transfer-Encoding: base64\r\n\r\n')]),
    ({ path, own }) => post(path, 'multipart/form-data; boundary=b1; boundary=b2', `--b1\r\n${part('patientId', own)}\r\n--b1--\r\n`),
    ({ path, own }) => post(path, 'multipart/form-data; boundary=b1', `--b1\r\n${part('patientId', own)}\r\n--b1--\r\n--b1\r\nmore`),
    ({ path, own, foreign }) => {
      const made = multipart(path, [part('patientId', own)]);
      return { ...made, target: `${path}?patientId=${foreign}` };
    },
  ],
  xml: [
    ...spoilXml((id) => `<patient><id>${id}</id></patient>`),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient><id>${own}</id><id>${foreign}</id></patient>`)),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient><id>${own}</id><n:id xmlns:n="n">${foreign}</n:id></patient>`)),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient><id>${own}<!-- -->${foreign}</id></patient>`)),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient><id>${own}<![CDATA[${foreign}]]></id></patient>`)),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient><id>${own}<b>${foreign}</b></id></patient>`)),
  ],
  attribute: [
    ...spoilXml((id) => `<patient id="${id}"/>`),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient id="${own}" id="${foreign}"/>`)),
    ({ path, own, foreign }) => post(path, XML, xmlOf(`<patient id="${own}" n:id="${foreign}" xmlns:n="n"/>`)),
    ({ path, own }) => post(path, XML, xmlOf(`<patient id=${own}/>`)),
  ],
};

/** Writes the values into a request in one of several spellings that all readers understand alike. */
function write({ carrier, document: { path } }: Cell, values: readonly string[] | undefined, random: Random): PlainRequest {
  const value = values?.[0];
  const spell = (text: string) =>
    random(2) === 0
      ? enc(text)
      : Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`)
          .join('')
          .replaceAll(/%2e/g, '.');
  const token = (text: string) => (/^(?:0|[1-9]\d{0,14})$/.test(text) && random(2) === 0 ? text : JSON.stringify(text));
  switch (carrier) {
    case 'path':
      return withToken(get(path.replace(':id', spell(value!))));
    case 'query':
      return withToken(get(value === undefined ? `${path}?page=1` : `${path}?page=1&patientId=${spell(value)}`));
    case 'header':
      return withToken(get(path, value === undefined ? {} : { 'X-Patient-Id': value }));
    case 'form':
      return withToken(post(path, FORM_TYPE, value === undefined ? 'page=1' : `patientId=${enc(value)}&page=1`));
    case 'multipart':
      return withToken(
        multipart(path, [
          part('page', '1'),
          ...(value === undefined ? [] : [part('patientId', value)]),
          part('file', 'x', '; filename="a.txt"'),
        ]),
      );
    case 'json':
    case 'pointer':
      return withToken(
        post(
          path,
          JSON_TYPE,
          value === undefined
            ? pick(['{}', '{"patient":{}}', '{"patient":null}', '{"patient":{"id":null,"n":1}}'], random)
            : `{ "n" : [1,{"id":"x"}], "patient":{"id":${token(value)},"name":"王\\u4e00"} }`,
        ),
      );
    case 'list':
      return withToken(
        post(
          path,
          JSON_TYPE,
          values === undefined ? '{"items":[{"n":1},{}]}' : `{"items":[${values.map((id) => `{"pid":${token(id)}}`).join(',')}]}`,
        ),
      );
    case 'xml':
      return withToken(
        post(
          path,
          XML,
          xmlOf(value === undefined ? '<patient/>' : `<!-- x --><s:patient xmlns:s="s"><id>${escapeXml(value)}</id></s:patient>`),
        ),
      );
    case 'attribute':
      return withToken(post(path, XML, xmlOf(value === undefined ? '<patient/>' : `<patient a="1" id='${escapeXml(value)}'/>`)));
  }
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('-', '&#45;');
}

function withToken(request: PlainRequest): PlainRequest {
  return { ...request, headers: { authorization: `Bearer ${lab.token}`, ...request.headers } };
}

/** What an ordinary service would take from the request. */
function naiveRead({ url, headers, body }: Seen): readonly string[] {
  const carrier = CARRIERS.find((name) => url.startsWith(`/user/${name}_`))!;
  const text = body.toString();
  const { pathname, searchParams } = new URL(url, 'http://service');
  const all = (found: unknown) => (found === undefined || found === null ? [] : [String(found)]);
  switch (carrier) {
    case 'path':
      return [decodeURIComponent(pathname.split('/').at(-1)!)];
    case 'query':
      return searchParams.getAll('patientId');
    case 'header':
      return all(headers['x-patient-id']);
    case 'form':
      return new URLSearchParams(text).getAll('patientId');
    case 'multipart':
      return Array.from(text.matchAll(/name="patientId"\r\n\r\n([^\r]*)/g), (found) => found[1]!);
    case 'json':
    case 'pointer':
      return all((JSON.parse(text) as { patient?: { id?: unknown } }).patient?.id);
    case 'list':
      return (JSON.parse(text) as { items: { pid?: unknown }[] }).items.flatMap(({ pid }) => all(pid));
    case 'xml':
      return Array.from(text.matchAll(/<id>([^<]*)/g), (found) => unescapeXml(found[1]!));
    case 'attribute':
      return Array.from(text.matchAll(/ id='([^']*)/g), (found) => unescapeXml(found[1]!));
  }
}

function unescapeXml(text: string): string {
  return text.replaceAll('&#45;', '-').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random(items.length)]!;
}

/** A linear congruential generator (Numerical Recipes), so that a failure can be repeated. */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
