import { randomUUID } from 'node:crypto';

/** 32 hex characters, as W3C trace context has them. From randomUUID, which draws its random bytes in bulk. */
export function createTraceId(): string {
  return randomUUID().replaceAll('-', '');
}
