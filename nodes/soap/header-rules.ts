/** What the header of a call may hold beside the elements that the node writes itself. */
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';

/** The namespaces of all versions of WS-Security: OASIS 1.0 and 1.1, and the drafts before them. */
const WS_SECURITY = /^http:\/\/(?:docs\.oasis-open\.org\/wss\/|schemas\.xmlsoap\.org\/ws\/\d{4}\/\d{2}\/(?:secext|utility)$)/;
const MAX_DEPTH = 200;

/**
 * Throws SOAP_HEADER (input) if the header has an element `Security`, or anything in a namespace of WS-Security. A
 * receiver could take it for the login or signature of the platform.
 */
export function requireNoSecurity(header: unknown): void {
  if (!isRecord(header)) return;
  for (const name of Object.keys(header)) if (name.replace(/^.*:/, '') === 'Security' && header[name] !== undefined) throw refused(name);
  const declaration = findDeclaration(header, '', MAX_DEPTH);
  if (declaration !== undefined) throw refused(declaration);
}

/** Returns the path of the first element that declares a namespace of WS-Security: without one there is none. */
function findDeclaration(value: unknown, path: string, depthLeft: number): string | undefined {
  if (depthLeft === 0 || typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  for (const [key, field] of Object.entries(value)) {
    if (/^@xmlns(?::|$)/.test(key) && typeof field === 'string' && WS_SECURITY.test(field)) return path || key;
    const inside = Array.isArray(value) || path === '' ? path || key : `${path}.${key}`;
    const found = findDeclaration(field, inside, depthLeft - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function refused(path: string): AppError {
  const name = path.slice(0, 200);
  return new AppError('SOAP_HEADER', 'input', `The header element "${name}" is one of WS-Security, which this call writes itself.`, {
    values: { problem: 'security', name },
    fix: 'Leave it out. To send a login of your own, set WS-Security of the node to "None".',
  });
}
