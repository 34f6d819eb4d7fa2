import { Type } from 'typebox';
import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { ListenSettings, SendSettings } from './settings.ts';

const { host, port, ...sending } = SendSettings.properties;
const { host: _host, port: _port, ...receiving } = ListenSettings.properties;

export default defineAdapter({
  protocol: 'mllp',
  icon: 'activity',
  text: {
    label: { 'zh-CN': 'HL7 v2 / MLLP', en: 'HL7 v2 / MLLP' },
    help: {
      'zh-CN': '以 MLLP 收发 HL7 v2 消息的系统：平台可以连过去发送，也可以监听接收。',
      en: 'A system that speaks HL7 v2 over MLLP: the platform connects to send, or listens to receive.',
    },
    usedFor: { 'zh-CN': 'HIS、LIS、PACS/RIS 的 HL7 消息，检验仪器', en: 'HL7 messages of HIS, LIS and PACS/RIS, laboratory devices' },
    words: 'HL7 v2 TCP',
  },
  // `host` and `port` are optional, because an adapter that only receives has no remote system to connect to.
  settings: Type.Object(
    { host: Type.Optional(host), port: Type.Optional(port), ...sending, ...receiving },
    { additionalProperties: false },
  ),
  credential: {
    'zh-CN': '出示客户端证书时，存证书与私钥的 PEM。',
    en: 'If a client certificate is used: the PEM of the certificate and its private key.',
  },
  connectsTo: (settings) => {
    const { host, port, listen, peers } = settings as Partial<SendSettings & ListenSettings>;
    // Without `listen`, an adapter that names allowed peers uses `host` and `port` as its own listening address.
    const isListener = listen === undefined && peers !== undefined;
    return host === undefined || port === undefined || isListener ? [] : [{ host, port }];
  },
  hasCharset: true,
});
