import { useLocation, useSearchParams } from 'react-router';
import type { Input } from '../../api/operation-types.ts';
import type { Question } from './use-message-pages.ts';

type Query = Omit<Input<'executions.list'>, 'limit' | 'after'>;
export type Status = 'queued' | 'running' | 'waiting' | 'held' | 'completed' | 'failed' | 'cancelled';
export const STATUSES: readonly Status[] = ['completed', 'failed', 'held', 'running', 'waiting', 'queued', 'cancelled'];

export type ConditionName = 'flow' | 'adapter' | 'status' | 'from' | 'to' | 'key' | 'value' | 'text' | 'archive';
export type Conditions = Readonly<Partial<Record<ConditionName, string>>>;

const IN_ADDRESS: readonly ConditionName[] = ['flow', 'adapter', 'status', 'from', 'to', 'key', 'text', 'archive'];

/**
 * Returns the conditions of the search. They are in the address, so that the user can send the search to a colleague.
 * But the value of a business key may identify a patient. So it is only in the browser's history, in the state of the
 * entry for this page.
 */
export function useConditions() {
  const [address, setAddress] = useSearchParams();
  const state = useLocation().state as { readonly value?: string } | null;
  const conditions: Conditions = {
    ...Object.fromEntries(IN_ADDRESS.flatMap((name) => (address.get(name) === null ? [] : [[name, address.get(name)]]))),
    ...(state?.value === undefined ? {} : { value: state.value }),
  };
  const set = (changed: Readonly<Partial<Record<ConditionName, string | undefined>>>) => {
    const next = { ...conditions, ...changed };
    const filled = IN_ADDRESS.flatMap((name) => (next[name] === undefined || next[name] === '' ? [] : [[name, next[name]] as const]));
    setAddress(Object.fromEntries(filled), {
      replace: true,
      state: next.value === undefined || next.value === '' ? null : { value: next.value },
    });
  };
  const clear = () => setAddress({}, { replace: true, state: null });
  return { conditions, question: questionOf(conditions), set, clear };
}

function questionOf({ key, value, ...conditions }: Conditions): Exclude<Question, { id: 'executions.held' }> {
  const query = queryOf(conditions);
  if (key === undefined || value === undefined) return { id: 'executions.list', query };
  return { id: 'executions.search', query: { ...query, keyName: key, keyValue: value } };
}

function queryOf({ flow, adapter, status, from, to, text, archive }: Conditions): Query {
  const known = STATUSES.find((one) => one === status);
  return {
    ...(flow === undefined ? {} : { flowId: flow }),
    ...(adapter === undefined ? {} : { adapterId: adapter }),
    ...(known === undefined ? {} : { status: known }),
    ...timeOf('from', from),
    ...timeOf('to', to),
    ...(text === undefined ? {} : { text }),
    ...(archive === undefined ? {} : { archived: true }),
  };
}

function timeOf<Name extends 'from' | 'to'>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  const at = Number(text);
  return text === undefined || !Number.isInteger(at) ? {} : ({ [name]: at } as Partial<Record<Name, number>>);
}
