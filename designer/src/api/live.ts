/** Server-sent events from control: one connection for the whole console, opened with the first listener. */
import { useEffect, useRef, useSyncExternalStore } from 'react';

export type LiveState = 'connecting' | 'open' | 'lost';
type Listener = (data: never) => void;

const RECONNECT_MS = 2000;
const EVENTS = '/api/v1/events';

const listeners = new Map<string, Set<Listener>>();
const stateListeners = new Set<() => void>();
let source: EventSource | undefined;
let watchedFlow: string | undefined;
let state: LiveState = 'connecting';
let timer: number | undefined;

/** Calls the listener for every event of this name: `useLive('counts', (counts) => …)`. */
export function useLive<T>(name: string, listener: (data: T) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const hear: Listener = (data) => latest.current(data as T);
    const known = listeners.get(name) ?? new Set();
    listeners.set(name, known.add(hear));
    if (source === undefined) open();
    else if (known.size === 1) source.addEventListener(name, deliver);
    return () => void known.delete(hear);
  }, [name]);
}

/** Asks the server to send also the counts of this flow's nodes and edges, while the component is mounted. */
export function useWatchedFlow(flowId: string | undefined): void {
  useEffect(() => {
    if (flowId === undefined) return;
    watchedFlow = flowId;
    if (source !== undefined) open();
    return () => {
      watchedFlow = undefined;
    };
  }, [flowId]);
}

/**
 * Returns the state of the connection. It is `lost` while control is unreachable; the console then tries to connect
 * every two seconds.
 */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (changed) => {
      stateListeners.add(changed);
      if (source === undefined) open();
      return () => stateListeners.delete(changed);
    },
    () => state,
  );
}

function open(): void {
  window.clearTimeout(timer);
  source?.close();
  const query = watchedFlow === undefined ? '' : `?flow=${encodeURIComponent(watchedFlow)}`;
  source = new EventSource(EVENTS + query);
  source.onopen = () => setState('open');
  source.onerror = () => {
    setState('lost');
    // After a response that is not an event stream (a proxy's error page, a login), the browser would never
    // reconnect, so reconnect here.
    source?.close();
    timer = window.setTimeout(open, RECONNECT_MS);
  };
  for (const name of listeners.keys()) source.addEventListener(name, deliver);
}

function deliver(event: MessageEvent<string>): void {
  const data = JSON.parse(event.data) as never;
  for (const listener of listeners.get(event.type) ?? []) listener(data);
}

function setState(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const changed of stateListeners) changed();
}
