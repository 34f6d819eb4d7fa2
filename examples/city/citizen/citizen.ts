/**
 * The citizens' app 随申办 of the example city: books appointments through the open front, signed with its SM2 key by the sdk, and asks for
 * findings through the user front with the citizen's token. Gentle traffic that keeps the city alive.
 *
 *     node examples/city/citizen/citizen.ts settings.json
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importPKCS8, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { createSigningClient, type SignedAnswer, type SigningClientOptions } from '../../../sdk/public.ts';
import { fictitiousPerson } from '../people.ts';
import type { Program } from '../serve.ts';

export interface CitizenSettings {
  /** The app's access to the open front. */
  readonly open: SigningClientOptions;
  readonly user: {
    readonly baseUrl: string;
    /** Certificate authority in PEM, when the gateway's certificate is not publicly known. */
    readonly ca?: string;
    readonly kid: string;
    readonly issuer: string;
    readonly audience: string;
    /** The issuer's ES256 key, PKCS#8 PEM. */
    readonly privatePem: string;
  };
  /** Pause between two rounds, each a booking and a query. */
  readonly intervalMs?: number;
}

export interface CitizenState {
  readonly bookings: Tally;
  readonly queries: Tally;
}

interface Tally {
  /** By HTTP status, or by error code when no answer came. */
  readonly [outcome: string]: number;
}

export interface Citizen extends Program<CitizenState> {
  /** Books for the fictitious person of that number; hospital A for even numbers, B for odd ones. The same key never books twice. */
  book(index: number, idempotencyKey?: string): Promise<SignedAnswer>;
  /** Asks for the findings of that person, with that person's token. */
  queryReports(index: number): Promise<{ readonly status: number; readonly body: unknown }>;
}

const PEOPLE = 60;
const TOKEN_LIFE = '10m';

export function createCitizen(settings: CitizenSettings): Citizen {
  const { open, user, intervalMs = 2000 } = settings;
  const client = createSigningClient(open);
  const agent = new Agent({ connect: user.ca === undefined ? {} : { ca: user.ca }, headersTimeout: 10_000, bodyTimeout: 10_000 });
  const signingKey = importPKCS8(user.privatePem, 'ES256');
  const bookings: Record<string, number> = {};
  const queries: Record<string, number> = {};

  const citizen: Citizen = {
    address: open.baseUrl,
    state: () => ({ bookings: { ...bookings }, queries: { ...queries } }),
    async book(index, idempotencyKey = randomUUID()) {
      const { patientId, name, idNumber, mobile } = fictitiousPerson(index);
      const body = {
        hospital: index % 2 === 0 ? 'A' : 'B',
        department: ['01', '02', '03', '04'][index % 4],
        date: '2026-01-05',
        patient: { patientId, name, idNumber, mobile },
      };
      return client.fetch('/open/v1/appointments', { body, idempotencyKey });
    },
    async queryReports(index) {
      const { patientId } = fictitiousPerson(index);
      const token = await new SignJWT({ patientId })
        .setProtectedHeader({ alg: 'ES256', kid: user.kid })
        .setSubject(patientId)
        .setIssuer(user.issuer)
        .setAudience(user.audience)
        .setIssuedAt()
        .setExpirationTime(TOKEN_LIFE)
        .sign(await signingKey);
      const { statusCode, body } = await request(new URL('/user/v1/reports', user.baseUrl), {
        dispatcher: agent,
        headers: { authorization: `Bearer ${token}` },
      });
      return { status: statusCode, body: await body.json() };
    },
    async stop() {
      clearInterval(timer);
      await Promise.all([client.close(), agent.close()]);
    },
  };

  let round = 0;
  const timer = setInterval(() => {
    const index = round++ % PEOPLE;
    void tally(bookings, citizen.book(index));
    void tally(queries, citizen.queryReports(index));
  }, intervalMs);
  return citizen;
}

async function tally(counts: Record<string, number>, call: Promise<{ readonly status: number }>): Promise<void> {
  const outcome = await call.then(
    ({ status }) => String(status),
    (error: unknown) => (error as { code?: string }).code ?? 'ERROR',
  );
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

if (import.meta.main) {
  const file = process.argv[2];
  if (file === undefined) throw new Error('Name the settings file: node examples/city/citizen/citizen.ts settings.json');
  const citizen = createCitizen(JSON.parse(readFileSync(file, 'utf8')) as CitizenSettings);
  console.log(`The citizens call ${citizen.address}`);
}
