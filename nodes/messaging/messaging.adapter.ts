import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { BROKERS } from './brokers.ts';
import { managementOf, openAdministration, scopeOf } from './open-administration.ts';
import { MessagingSettings } from './settings.ts';

export default defineAdapter({
  protocol: 'messaging',
  icon: 'messages-square',
  choice: 'broker',
  text: {
    label: { 'zh-CN': '消息中间件', en: 'Message broker' },
    help: {
      'zh-CN': '一个消息中间件：流程向其中发布消息，或接收其中的消息。更换中间件时只需更换适配器。',
      en: 'A message broker to which flows publish, and from which they receive. A flow changes its broker by changing the adapter.',
    },
    usedFor: { 'zh-CN': '消息队列、MQ、主题、物联网设备', en: 'message queues, MQ, topics, devices' },
    words: 'MQ JMS ActiveMQ IoT',
  },
  settings: MessagingSettings,
  credential: {
    'zh-CN': '“用户名:密码”（Redis 只有密码时为 default:密码；RocketMQ 为“AccessKey:SecretKey”）；不登录时不需要。',
    en: 'user:password (default:password for a Redis without users, access key:secret key for RocketMQ); not needed without login.',
  },
  connectsTo: (settings) => {
    const { broker, servers, tls } = settings as MessagingSettings;
    const usualPort = tls === undefined ? BROKERS[broker].port : BROKERS[broker].tlsPort;
    const management = managementOf(settings as MessagingSettings);
    return [...servers.map(({ host, port = usualPort }) => ({ host, port })), ...(management === undefined ? [] : [management])];
  },
  hasCharset: true,
  brokers: { scopeOf: (settings) => scopeOf(settings as MessagingSettings), open: openAdministration },
});
