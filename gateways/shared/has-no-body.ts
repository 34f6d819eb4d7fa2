/** Returns whether a response of this status ends with its head, whatever its headers say (RFC 9112, 6.3). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
