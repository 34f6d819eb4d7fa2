/**
 * Hospital A of the example city: REST and JSON. Books whatever it is asked to book, twice when asked twice, as real systems do; what it was
 * asked with which Idempotency-Key can be looked at under `/state`.
 *
 *     node examples/city/hospital-a/hospital-a.ts [port]
 */
import { fictitiousPerson } from '../people.ts';
import { json, portArgument, serve, type Answer, type Program } from '../serve.ts';

export interface HospitalAState {
  readonly registrations: readonly Registration[];
  /** How often a booking came with this key; more than one means that the citizen was booked twice. */
  readonly byIdempotencyKey: Readonly<Record<string, number>>;
  readonly reads: number;
}

export interface Registration {
  readonly registrationNo: string;
  readonly patientId: string;
  readonly departmentCode: string;
  readonly date: string;
  readonly period: string;
}

const DEPARTMENTS = { '01': '内科', '02': '外科', '03': '儿科', '04': '妇产科' };
const PERIODS = ['AM', 'PM'];
const KEPT = 100_000;

export function createHospitalA({ port = 21_001 } = {}): Promise<Program<HospitalAState>> {
  const registrations: Registration[] = [];
  const byIdempotencyKey: Record<string, number> = {};
  let reads = 0;

  const book = (body: Buffer, key: string | undefined): Answer => {
    const wish = parse(body);
    if (wish === undefined) return json(400, { error: 'patientId, departmentCode and date are needed' });
    if (!Object.hasOwn(DEPARTMENTS, wish.departmentCode)) return json(422, { error: 'no such department' });
    if (registrations.length >= KEPT) return json(507, { error: 'the book is full' });
    const registration = { registrationNo: `A${String(registrations.length + 1).padStart(8, '0')}`, ...wish };
    registrations.push(registration);
    if (key !== undefined) byIdempotencyKey[key] = (byIdempotencyKey[key] ?? 0) + 1;
    return json(201, registration);
  };

  return serve(
    port,
    () => ({ registrations, byIdempotencyKey, reads }),
    (request, url, body) => {
      // The bus hands its own paths on as they are: /open/v1/slots is /slots here.
      const pathname = url.pathname.replace(/^\/(?:open|user|bus)\/v1(?=\/)/, '');
      if (request.method === 'POST' && pathname === '/registrations')
        return book(body, request.headers['idempotency-key'] as string | undefined);
      if (request.method !== 'GET') return undefined;
      reads++;
      const [, what = '', id = ''] = pathname.split('/');
      if (what === 'departments') return json(200, { departments: Object.entries(DEPARTMENTS).map(([code, name]) => ({ code, name })) });
      if (what === 'slots')
        return json(200, { slots: slotsOf(url.searchParams.get('department') ?? '01', url.searchParams.get('date') ?? '2026-01-05') });
      if (what === 'registrations') return found(registrations.find(({ registrationNo }) => registrationNo === id));
      if (what === 'reports') return json(200, { patientId: id, reports: reportsOf(id) });
      return undefined;
    },
  );
}

function parse(body: Buffer): Omit<Registration, 'registrationNo'> | undefined {
  try {
    const { patientId, departmentCode, date, period = 'AM' } = JSON.parse(body.toString()) as Record<string, unknown>;
    const isComplete = [patientId, departmentCode, date, period].every(
      (value) => typeof value === 'string' && value !== '' && value.length <= 100,
    );
    return isComplete ? ({ patientId, departmentCode, date, period } as Omit<Registration, 'registrationNo'>) : undefined;
  } catch {
    return undefined;
  }
}

function slotsOf(departmentCode: string, date: string): readonly object[] {
  return PERIODS.map((period, index) => ({
    departmentCode,
    date,
    period,
    doctor: fictitiousPerson(900 + index).name,
    free: 12 - 5 * index,
  }));
}

/** Two finished laboratory reports for everybody whose number is even; none for the others. */
function reportsOf(patientId: string): readonly object[] {
  if (Number(patientId.slice(1)) % 2 !== 0) return [];
  return [
    { reportNo: `${patientId}-L1`, item: '血常规', code: 'CBC', result: '正常', unit: '', reportedAt: '2026-01-04T09:30:00+08:00' },
    { reportNo: `${patientId}-L2`, item: '空腹血糖', code: 'GLU', result: '5.2', unit: 'mmol/L', reportedAt: '2026-01-04T09:45:00+08:00' },
  ];
}

function found(value: object | undefined): Answer {
  return value === undefined ? json(404, { error: 'not found' }) : json(200, value);
}

if (import.meta.main) console.log(`Hospital A: ${(await createHospitalA({ port: portArgument(21_001) })).address}`);
