/** The request of the simulator: as the form keeps it, and as it is sent. Pure. */
import type { Front } from '../../../../engine/contract/access/access.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import type { Input } from '../../api/operation-types.ts';
import { exampleBody, examplePath } from '../../signing/example-call.ts';

type Explained = Input<'calls.explain'>;
export const METHODS: readonly Explained['request']['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export interface RequestDraft {
  readonly front: Front;
  readonly method: Explained['request']['method'];
  readonly target: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
  readonly clientIp: string;
  readonly appId: string;
  /** The claims of the user's token as JSON, on the user front. */
  readonly user: string;
}

/** Without a host no request is valid; which one it is decides nothing. */
const HOST = { name: 'Host', value: 'gateway.example' };

export function emptyDraft(front: Front): RequestDraft {
  return { front, method: 'GET', target: `/${front}/v1/`, headers: [HOST], body: '', clientIp: '127.0.0.1', appId: '', user: '' };
}

/** Returns a request that the interface is meant for, with example values. */
export function draftFor(called: InterfaceDocument, appId: string): RequestDraft {
  const body = exampleBody(called);
  return {
    ...emptyDraft(called.front),
    method: called.method,
    target: examplePath(called.path),
    headers: [
      HOST,
      ...(body === undefined ? [] : [{ name: 'Content-Type', value: 'application/json' }]),
      ...(called.requireIdempotencyKey === true ? [{ name: 'Idempotency-Key', value: 'example-1' }] : []),
    ],
    body: body ?? '',
    appId,
    user: called.front === 'user' ? '{"sub":"u1"}' : '',
  };
}

/** Names of the fields whose value cannot be sent. */
export type WrongField = 'target' | 'clientIp' | 'user' | 'headers';

export function findWrongFields({ target, clientIp, user, headers, front }: RequestDraft): readonly WrongField[] {
  const wrong: WrongField[] = [];
  if (!/^\/[\x21-\x7e]*$/.test(target)) wrong.push('target');
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(clientIp)) wrong.push('clientIp');
  if (front === 'user' && user.trim() !== '' && claimsOf(user) === undefined) wrong.push('user');
  if (headers.some(({ name, value }) => (name !== '' || value !== '') && !/^[A-Za-z0-9-]{1,64}$/.test(name))) wrong.push('headers');
  return wrong;
}

export function toExplained({ front, method, target, headers, body, clientIp, appId, user }: RequestDraft): Explained {
  const claims = front === 'user' ? claimsOf(user) : undefined;
  return {
    front,
    request: {
      method,
      target,
      headers: Object.fromEntries(headers.flatMap(({ name, value }) => (name === '' ? [] : [[name, value]]))),
      clientIp,
      ...(body === '' ? {} : { body }),
      ...(appId === '' ? {} : { appId }),
      ...(claims === undefined ? {} : { user: claims }),
    },
  };
}

function claimsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
