/** A started platform in which nothing is made but its first administrator: people arrive as there, the first of each kind made by the administrator. */
import assert from 'node:assert/strict';
import { logInAdministrator, type Send } from './administrator.ts';
import { keptRole, makeAccount, type Ask } from './make-account.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform } from './platform-process.ts';

/** What everybody changes their one-time password into. */
const PASSWORD = 'Newly-arrived-2026';

export interface BarePlatform {
  readonly control: string;
  /** A person with these roles; answers `name=value` of the session. */
  arrive(name: string, roles: readonly string[]): Promise<string>;
  call(cookie: string, method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

export async function startBarePlatform(): Promise<BarePlatform> {
  const scratch = await makeScratch();
  const ports = await choosePorts();
  const platform = await startPlatform({ scratch, ports });
  const control = `http://127.0.0.1:${ports.control}`;
  const send: Send = async (method, path, body, headers) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${control}/api/v1${path}`, { method, headers: { ...headers, ...type }, ...json });
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    return { status: answer.status, cookie, body: (await answer.json()) as unknown };
  };
  const { headers } = await logInAdministrator(platform.dataFolder, control, send);
  const askAs =
    (own: Readonly<Record<string, string>>): Ask =>
    async (method, path, body) => {
      const answer = await send(method, path, body, own);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body as Readonly<Record<string, unknown>>;
    };
  const admin = askAs(headers);
  const client = { 'x-kq-client': 'test' };
  const keepers = new Map<string, Ask>();
  return {
    control,
    async arrive(name, roles) {
      const kept = keptRole(roles) ?? '';
      const oldPassword = await makeAccount(admin, keepers.get(kept), name, roles);
      const { cookie } = await send('POST', '/login', { name, password: oldPassword }, client);
      const changed = await send('POST', '/me/password', { oldPassword, newPassword: PASSWORD }, { ...client, cookie });
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
      // Those who come later are made by the first of their kind.
      if (kept !== '' && !keepers.has(kept)) keepers.set(kept, askAs({ ...client, cookie, 'x-kq-password': PASSWORD }));
      return cookie;
    },
    call: (cookie, method, path, body) => send(method, path, body, { ...client, cookie }),
    async close() {
      platform.process.kill('SIGKILL');
      await removeScratch(scratch);
    },
  };
}
