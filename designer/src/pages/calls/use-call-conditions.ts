import { useSearchParams } from 'react-router';
import { FRONTS } from '../../../../engine/contract/access/access.ts';
import type { Input } from '../../api/operation-types.ts';
import { CALL_CONDITIONS, OPENED_CALL, type CallConditions } from '../../kit/traffic/calls-address.ts';

export type CallQuery = Omit<Input<'calls.search'>, 'limit'>;
export type Outcome = NonNullable<CallQuery['outcome']>;
export const OUTCOMES: readonly Outcome[] = ['refused', 'failed', 'passed'];

export interface OpenedCall {
  readonly at: number;
  readonly traceId: string;
}

/** A condition with a value that no call can have, so that it is not searched. */
export type WrongCondition = 'trace' | 'app' | 'ip' | 'interface' | 'code';

const PATTERNS: Readonly<Record<WrongCondition, RegExp>> = {
  trace: /^[0-9A-Za-z-]{8,64}$/,
  app: /^[A-Za-z0-9_-]{1,64}$/,
  interface: /^ifc_[A-Za-z0-9_-]{1,60}$/,
  code: /^GW[0-9]{5}$/,
  ip: /^[0-9A-Fa-f:.]{2,45}$/,
};

/** Returns the conditions of the search and the opened call. They are in the address, so that other pages link to them. */
export function useCallConditions() {
  const [address, setAddress] = useSearchParams();
  const conditions: CallConditions = Object.fromEntries(
    CALL_CONDITIONS.flatMap((name) => (address.get(name) === null ? [] : [[name, address.get(name)]])),
  );
  const change = (edit: (next: URLSearchParams) => void) =>
    setAddress(
      (now) => {
        const next = new URLSearchParams(now);
        edit(next);
        return next;
      },
      { replace: true },
    );
  return {
    conditions,
    query: queryOf(conditions),
    wrong: (Object.keys(PATTERNS) as WrongCondition[]).find((name) => {
      const value = conditions[name];
      return value !== undefined && !PATTERNS[name].test(value);
    }),
    set: (changed: Readonly<Partial<Record<keyof CallConditions, string | undefined>>>) =>
      change((next) => {
        for (const [name, value] of Object.entries(changed)) {
          if (value === undefined || value === '') next.delete(name);
          else next.set(name, value);
        }
      }),
    clear: () => setAddress({}, { replace: true }),
    opened: openedOf(address.get(OPENED_CALL)),
    open: (call: OpenedCall | undefined) =>
      change((next) => (call === undefined ? next.delete(OPENED_CALL) : next.set(OPENED_CALL, `${call.at}.${call.traceId}`))),
  };
}

function queryOf({ trace, app, interface: interfaceId, code, outcome, front, ip, from, to }: CallConditions): CallQuery {
  const knownOutcome = OUTCOMES.find((one) => one === outcome);
  const knownFront = FRONTS.find((one) => one === front);
  return {
    ...(trace === undefined ? {} : { traceId: trace }),
    ...(app === undefined ? {} : { appId: app }),
    ...(interfaceId === undefined ? {} : { interfaceId }),
    ...(code === undefined ? {} : { code }),
    ...(knownOutcome === undefined ? {} : { outcome: knownOutcome }),
    ...(knownFront === undefined ? {} : { front: knownFront }),
    ...(ip === undefined ? {} : { ip }),
    ...timeOf('from', from),
    ...timeOf('to', to),
  };
}

function timeOf<Name extends 'from' | 'to'>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  const at = Number(text);
  return text === undefined || !Number.isSafeInteger(at) || at < 0 ? {} : ({ [name]: at } as Partial<Record<Name, number>>);
}

function openedOf(text: string | null): OpenedCall | undefined {
  const [, at, traceId] = /^(\d{1,15})\.([0-9A-Za-z-]{8,64})$/.exec(text ?? '') ?? [];
  return at === undefined || traceId === undefined ? undefined : { at: Number(at), traceId };
}
