/** The call in an example: the interface, with example values for its parameters and body. Pure. */
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { sampleOf } from '../model/schema/schema-sample.ts';

type Called = Pick<InterfaceDocument, 'method' | 'path'> & Partial<Pick<InterfaceDocument, 'requestSchema' | 'requireIdempotencyKey'>>;

/** Returns an example of a path: `/orders/:id` gives `/orders/1`. */
export function examplePath(path: string): string {
  return path.replace(/:[^/]+/g, '1');
}

/** Returns an example body as JSON text; undefined if the method takes no body. */
export function exampleBody({ method, requestSchema }: Called): string | undefined {
  if (method === 'GET' || method === 'DELETE') return undefined;
  return JSON.stringify(requestSchema === undefined ? {} : sampleOf(requestSchema, 'required'));
}

/** Returns an example call of the user or bus gateway. It reads the bearer token from an environment variable. */
export function bearerExample(url: string, called: Called, tokenName: string): string {
  const body = exampleBody(called);
  return [
    `curl -sS \${KQ_CA:+--cacert "$KQ_CA"} -X ${called.method} '${url}${examplePath(called.path)}' \\`,
    `  -H "Authorization: Bearer $${tokenName}"`,
    ...(called.requireIdempotencyKey === true ? ['  -H "Idempotency-Key: $(openssl rand -hex 16)"'] : []),
    ...(body === undefined ? [] : ["  -H 'Content-Type: application/json'", `  --data-raw '${body.replaceAll("'", "'\\''")}'`]),
  ]
    .join(' \\\n')
    .replace(' \\ \\\n', ' \\\n');
}
