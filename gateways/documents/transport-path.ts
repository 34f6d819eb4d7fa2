/**
 * Paths of the transport API. An operation of an adapter is an interface with the path
 * `/bus/v1/transport/<protocol>/<operation>/<adapter>`. Callers may leave out the last part and name the adapter in a
 * header instead.
 */
export const TRANSPORT_PATH = '/bus/v1/transport/';
export const ADAPTER_HEADER = 'x-kq-adapter';

const ADAPTER_ID = /^adp_[A-Za-z0-9_-]{1,60}$/;

/** Returns the path of the interface that a request means: that of its transport operation, or its own path. */
export function transportPathOf(rawPath: string, adapterId: string | undefined): string {
  if (adapterId === undefined || !rawPath.startsWith(TRANSPORT_PATH)) return rawPath;
  const isWithoutAdapter = rawPath.split('/').length === TRANSPORT_PATH.split('/').length + 1;
  return isWithoutAdapter && ADAPTER_ID.test(adapterId) ? `${rawPath}/${adapterId}` : rawPath;
}
