import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { targetOfUrl } from '../../engine/contract/node/outbound-guard.ts';
import { HttpSettings } from '../shared/http/settings.ts';

export default defineAdapter({
  protocol: 'fhir',
  icon: 'flame',
  text: {
    label: { 'zh-CN': 'FHIR R4', en: 'FHIR R4' },
    help: { 'zh-CN': 'FHIR R4 服务器；地址填其根地址。', en: 'A FHIR R4 server; the address is its base URL.' },
  },
  settings: HttpSettings,
  credential: {
    'zh-CN': 'Basic 登录存“用户名:密码”；Bearer 存令牌；自定义请求头存该头的值。',
    en: 'For Basic, user:password; for Bearer, the token; for a header, its value.',
  },
  connectsTo: (settings) => [targetOfUrl((settings as HttpSettings).baseUrl)],
  hasCharset: false,
});
