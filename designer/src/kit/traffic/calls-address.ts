/** The address of the page `/calls` with conditions. Pure. */

export const CALL_CONDITIONS = ['trace', 'app', 'interface', 'code', 'outcome', 'front', 'ip', 'from', 'to'] as const;
export type CallConditions = Readonly<Partial<Record<(typeof CALL_CONDITIONS)[number], string>>>;

/** Returns the address of the calls of an interface that were refused with a code; not every code is one of a gateway. */
export function refusedCallsAddress(interfaceId: string, { code, app }: { readonly code: string; readonly app?: string }): string {
  return callsAddress({
    interface: interfaceId,
    ...(app === undefined ? {} : { app }),
    ...(/^GW[0-9]{5}$/.test(code) ? { code } : { outcome: 'refused' }),
  });
}

/** The parameter of the address that names the opened call: `<at>.<traceId>`. */
export const OPENED_CALL = 'call';

/** Returns the address that shows one call, opened. */
export function callAddress({ at, traceId }: { readonly at: number; readonly traceId: string }): string {
  return `${callsAddress({ trace: traceId })}&${OPENED_CALL}=${at}.${traceId}`;
}

/** Returns the address that shows the calls with these conditions. */
export function callsAddress(conditions: CallConditions): string {
  const filled = CALL_CONDITIONS.flatMap((name) => {
    const value = conditions[name];
    return value === undefined || value === '' ? [] : [[name, value]];
  });
  return filled.length === 0 ? '/calls' : `/calls?${new URLSearchParams(filled).toString()}`;
}
