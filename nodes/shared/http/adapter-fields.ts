import type { ConfigProblem } from '../../../engine/contract/node/node.ts';
import { targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import { HttpSettings } from './settings.ts';

/** Returns the problem of settings that log in with OAuth 2.0 and have no block for it. */
export function checkLogin({ auth, oauth2 }: Pick<HttpSettings, 'auth' | 'oauth2'>): readonly ConfigProblem[] {
  if (auth !== 'oauth2' || oauth2 !== undefined) return [];
  return [
    { path: '/oauth2', message: { 'zh-CN': '登录方式为 OAuth 2.0，请填写这一组', en: 'must be filled in for the login with OAuth 2.0' } },
  ];
}

/** What adapters of protocols over HTTP have in common, besides their texts. */
export const httpAdapterFields = {
  settings: HttpSettings,
  credential: {
    'zh-CN':
      'Basic 登录存“用户名:密码”；Bearer 存令牌；自定义请求头存该头的值；OAuth 2.0 存客户端密钥。使用客户端证书或私钥签名时，其后另起一行存私钥 PEM（只需私钥时只存私钥）。',
    en: 'For Basic, user:password; for Bearer, the token; for a header, its value; for OAuth 2.0, the client secret. With a client certificate, or to sign with a private key, its PEM stands in the lines behind (or alone).',
  },
  connectsTo(settings: Readonly<Record<string, unknown>>) {
    const { baseUrl, auth, oauth2 } = settings as HttpSettings;
    const urls = auth === 'oauth2' && oauth2 !== undefined ? [baseUrl, oauth2.tokenUrl] : [baseUrl];
    return urls.map(targetOfUrl);
  },
  check: (settings: Readonly<Record<string, unknown>>) => checkLogin(settings as HttpSettings),
  hasCharset: false,
} as const;
