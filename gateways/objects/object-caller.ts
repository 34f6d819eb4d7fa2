import type { Exchange } from '../contract.ts';

/** Returns the key by which objects are counted: the user of the token, else the app, else the address. */
export function objectCaller({ user, app, clientIp }: Pick<Exchange, 'user' | 'app' | 'clientIp'>): string {
  const { iss: issuer, sub: subject } = user ?? {};
  if (typeof subject === 'string') return JSON.stringify([issuer, subject]);
  return app === undefined ? clientIp : `app ${app.appId}`;
}
