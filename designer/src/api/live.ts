/** Hooks for server-sent events from control. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { browserClock } from './browser-clock.ts';
import { LiveConnection, RECONNECTED, type LiveState } from './live-connection.ts';

const connection = new LiveConnection(browserClock);

/** Calls the listener for every event of this name: `useLive('counts', (counts) => …)`. */
export function useLive<T>(name: string, listener: (data: T) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => connection.hear(name, (data) => latest.current(data as T)), [name]);
}

/** Calls the listener when a lost connection is open again. The events in between are missing. */
export function useReconnected(listener: () => void): void {
  useLive(RECONNECTED, listener);
}

/** Asks the server to send also the counts of this flow's nodes and edges, while the component is mounted. */
export function useWatchedFlow(flowId: string | undefined): void {
  useEffect(() => (flowId === undefined ? undefined : connection.watch(flowId)), [flowId]);
}

/**
 * Returns the state of the connection. It is `lost` while control is unreachable; the console then tries to connect
 * every two seconds.
 */
export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => connection.state);
}

function subscribe(changed: () => void): () => void {
  return connection.onState(changed);
}
