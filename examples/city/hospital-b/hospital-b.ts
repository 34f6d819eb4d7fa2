/**
 * Hospital B of the example city: SOAP 1.1, answers in GBK, as many hospital systems of the 2000s do. Operations `Register` and `QueryReports`;
 * the interface description is at `?wsdl`.
 *
 *     node examples/city/hospital-b/hospital-b.ts [port]
 */
import { readFileSync } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';
import iconv from 'iconv-lite';
import { portArgument, serve, type Answer, type Program } from '../serve.ts';

export interface HospitalBState {
  readonly registrations: readonly Registration[];
  readonly byIdempotencyKey: Readonly<Record<string, number>>;
  readonly reads: number;
}

interface Registration {
  readonly registrationNo: string;
  readonly patientId: string;
  readonly department: string;
  readonly date: string;
}

type Fields = Readonly<Record<string, unknown>>;

const NAMESPACE = 'urn:city:hospital-b';
const DEPARTMENTS = ['NK', 'WK', 'EK', 'FCK'];
const KEPT = 100_000;
const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false, processEntities: true });

export function createHospitalB({ port = 21_002 } = {}): Promise<Program<HospitalBState>> {
  const registrations: Registration[] = [];
  const byIdempotencyKey: Record<string, number> = {};
  let reads = 0;

  const register = (fields: Fields, key: string | undefined): Answer => {
    const [patientId, name, department, date] = ['PatientId', 'PatientName', 'DeptCode', 'VisitDate'].map((field) => text(fields, field));
    if (!patientId || !department || !date) return fault('Client', '缺少 PatientId、DeptCode 或 VisitDate');
    if (!DEPARTMENTS.includes(department)) return fault('Client', '科室代码不存在');
    if (registrations.length >= KEPT) return fault('Server', '号源已满');
    const registrationNo = `B${String(registrations.length + 1).padStart(8, '0')}`;
    registrations.push({ registrationNo, patientId, department, date });
    if (key !== undefined) byIdempotencyKey[key] = (byIdempotencyKey[key] ?? 0) + 1;
    return envelope(
      'RegisterResponse',
      `<ResultCode>0</ResultCode><ResultMessage>挂号成功：${escape(name ?? '')}</ResultMessage><RegNo>${registrationNo}</RegNo>`,
    );
  };

  return serve(
    port,
    () => ({ registrations, byIdempotencyKey, reads }),
    (request, url, body) => {
      if (request.method === 'GET' && url.search === '?wsdl')
        return { status: 200, type: 'text/xml; charset=utf-8', body: wsdl(request.headers.host ?? '') };
      if (request.method !== 'POST') return undefined;
      const [operation, fields] = readRequest(body, request.headers['content-type'] ?? '');
      if (operation === 'Register') return register(fields, request.headers['idempotency-key'] as string | undefined);
      if (operation !== 'QueryReports') return fault('Client', '没有这个操作');
      reads++;
      return envelope('QueryReportsResponse', reportsOf(text(fields, 'PatientId')));
    },
  );
}

/** The name of the operation and its fields. */
function readRequest(body: Buffer, contentType: string): [string, Fields] {
  try {
    const declared =
      /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? /encoding="([\w-]+)"/.exec(body.toString('latin1', 0, 100))?.[1] ?? 'utf-8';
    const document = parser.parse(iconv.decode(body, iconv.encodingExists(declared) ? declared : 'utf-8')) as {
      Envelope?: { Body?: Fields };
    };
    const [operation, fields] = Object.entries(document.Envelope?.Body ?? {})[0] ?? [];
    return [operation ?? '', typeof fields === 'object' ? (fields as Fields) : {}];
  } catch {
    return ['', {}];
  }
}

/** A chest X-ray for everybody whose number is a multiple of three. */
function reportsOf(patientId: string): string {
  if (Number(patientId.slice(1)) % 3 !== 0) return '<ResultCode>0</ResultCode><Reports/>';
  const fields = `<ReportNo>${escape(patientId)}-X1</ReportNo><ItemName>胸部正位片</ItemName><Conclusion>未见明显异常</Conclusion><ReportTime>20260104103000</ReportTime>`;
  return `<ResultCode>0</ResultCode><Reports><Report>${fields}</Report></Reports>`;
}

function envelope(name: string, content: string): Answer {
  return soap(200, `<b:${name} xmlns:b="${NAMESPACE}">${content}</b:${name}>`);
}

function fault(code: 'Client' | 'Server', message: string): Answer {
  return soap(500, `<soap:Fault><faultcode>soap:${code}</faultcode><faultstring>${message}</faultstring></soap:Fault>`);
}

function soap(status: number, body: string): Answer {
  const document = `<?xml version="1.0" encoding="GBK"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${body}</soap:Body></soap:Envelope>`;
  return { status, type: 'text/xml; charset=GBK', body: iconv.encode(document, 'gbk') };
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

function escape(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function wsdl(host: string): string {
  return readFileSync(new URL('hospital-b.wsdl', import.meta.url), 'utf8').replace('http://127.0.0.1:21002/', `http://${host}/`);
}

if (import.meta.main) console.log(`Hospital B: ${(await createHospitalB({ port: portArgument(21_002) })).address}`);
