import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { targetOfUrl } from '../../engine/contract/node/outbound-guard.ts';
import { HttpSettings } from '../shared/http/settings.ts';

export default defineAdapter({
  protocol: 'http',
  icon: 'globe',
  text: {
    label: { 'zh-CN': 'HTTP / REST', en: 'HTTP / REST' },
    help: { 'zh-CN': '以 JSON、XML 或表单提供 REST 接口的系统。', en: 'A system with REST interfaces: JSON, XML or forms.' },
  },
  settings: HttpSettings,
  credential: {
    'zh-CN': 'Basic 登录存“用户名:密码”；Bearer 存令牌；自定义请求头存该头的值。',
    en: 'For Basic, user:password; for Bearer, the token; for a header, its value.',
  },
  connectsTo: (settings) => [targetOfUrl((settings as HttpSettings).baseUrl)],
  hasCharset: false,
});
