import { targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import { HttpSettings } from './settings.ts';

/** What adapters of protocols over HTTP have in common, besides their texts. */
export const httpAdapterFields = {
  settings: HttpSettings,
  credential: {
    'zh-CN': 'Basic 登录存“用户名:密码”；Bearer 存令牌；自定义请求头存该头的值。',
    en: 'For Basic, user:password; for Bearer, the token; for a header, its value.',
  },
  connectsTo: (settings: Readonly<Record<string, unknown>>) => [targetOfUrl((settings as HttpSettings).baseUrl)],
  hasCharset: false,
} as const;
