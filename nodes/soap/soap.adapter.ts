import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { targetOfUrl } from '../../engine/contract/node/outbound-guard.ts';
import { checkLogin } from '../shared/http/adapter-fields.ts';
import { SoapSettings } from './settings.ts';

export default defineAdapter({
  protocol: 'soap',
  icon: 'mail-open',
  text: {
    label: { 'zh-CN': 'SOAP 服务', en: 'SOAP service' },
    help: { 'zh-CN': '以 SOAP 1.1 或 1.2 提供服务的系统。', en: 'A system with services over SOAP 1.1 or 1.2.' },
    usedFor: {
      'zh-CN': 'HIS Web 服务，集成平台，医保与政务接口，WSDL',
      en: 'web services of a HIS, integration platforms, insurance and government interfaces, WSDL',
    },
    words: 'WebService Web服务 WSDL OAuth',
  },
  settings: SoapSettings,
  credential: {
    'zh-CN':
      'Basic 与 WS-Security 登录存“用户名:密码”；WS-Security 签名存 PEM 格式的 RSA 私钥和证书；Bearer 存令牌；自定义请求头存该头的值。',
    en: 'For Basic and the tokens of WS-Security, user:password; for its signature, an RSA private key and certificate as PEM; for Bearer, the token; for a header, its value.',
  },
  check: (settings) => checkLogin(settings as SoapSettings),
  connectsTo: (settings) => [targetOfUrl((settings as SoapSettings).baseUrl)],
  hasCharset: true,
});
