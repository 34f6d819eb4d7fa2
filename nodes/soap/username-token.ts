/** Builds the login header of OASIS Web Services Security UsernameToken Profile 1.1, sections 3 and 4. */
import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const PROFILE = `${WSS}-username-token-profile-1.0`;

/**
 * Returns the header that logs in with a credential `user:password`. The mode `digest` never sends the password
 * itself.
 */
export function securityHeader(mode: 'text' | 'digest', credential: string, nowMs: number): Readonly<Record<string, unknown>> {
  const colon = credential.indexOf(':');
  if (colon < 1)
    throw new AppError('SOAP_CREDENTIAL', 'input', "The adapter's credential is not user:password.", {
      fix: 'Store it in the form user:password.',
    });
  const [user, password] = [credential.slice(0, colon), credential.slice(colon + 1)];
  const nonce = randomBytes(16);
  const created = new Date(nowMs).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  return {
    'wsse:Security': {
      '@xmlns:wsse': `${WSS}-wssecurity-secext-1.0.xsd`,
      '@xmlns:wsu': `${WSS}-wssecurity-utility-1.0.xsd`,
      'wsse:UsernameToken': {
        'wsse:Username': user,
        'wsse:Password':
          mode === 'text'
            ? { '@Type': `${PROFILE}#PasswordText`, '#text': password }
            : { '@Type': `${PROFILE}#PasswordDigest`, '#text': digest },
        'wsse:Nonce': { '@EncodingType': `${WSS}-soap-message-security-1.0#Base64Binary`, '#text': nonce.toString('base64') },
        'wsu:Created': created,
      },
    },
  };
}
