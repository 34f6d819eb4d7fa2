/**
 * The district platform of the example city: takes notices of admissions, transfers, discharges and findings. It honours Idempotency-Key:
 * a notice that comes again is answered as before and applied once. What came how often, and in which order per patient, is under `/state`.
 *
 *     node examples/city/district/district.ts [port]
 */
import { json, portArgument, serve, type Program } from '../serve.ts';

export interface DistrictState {
  /** How often a notice came, by its Idempotency-Key. */
  readonly received: Readonly<Record<string, number>>;
  /** The numbers of the notices applied, in their order, by patient. */
  readonly byPatient: Readonly<Record<string, readonly string[]>>;
  readonly applied: number;
}

const KEPT = 1_000_000;

export function createDistrict({ port = 21_004 } = {}): Promise<Program<DistrictState>> {
  const received: Record<string, number> = {};
  const byPatient: Record<string, string[]> = {};
  let applied = 0;

  return serve(
    port,
    () => ({ received, byPatient, applied }),
    (request, { pathname }, body) => {
      if (request.method === 'GET' && pathname === '/health') return json(200, { ok: true });
      if (request.method !== 'POST' || pathname !== '/admissions') return undefined;
      const key = request.headers['idempotency-key'];
      const notice = parse(body);
      if (typeof key !== 'string' || notice === undefined)
        return json(400, { error: 'Idempotency-Key, patientId and noticeId are needed' });
      const before = received[key] ?? 0;
      if (before === 0 && applied >= KEPT) return json(507, { error: 'full' });
      received[key] = before + 1;
      if (before === 0) {
        applied++;
        (byPatient[notice.patientId] ??= []).push(notice.noticeId);
      }
      return json(before === 0 ? 201 : 200, { noticeId: notice.noticeId, receipt: `D-${notice.noticeId}` });
    },
  );
}

function parse(body: Buffer): { patientId: string; noticeId: string } | undefined {
  try {
    const { patientId, noticeId } = JSON.parse(body.toString()) as Record<string, unknown>;
    return typeof patientId === 'string' && typeof noticeId === 'string' ? { patientId, noticeId } : undefined;
  } catch {
    return undefined;
  }
}

if (import.meta.main) console.log(`District platform: ${(await createDistrict({ port: portArgument(21_004) })).address}`);
