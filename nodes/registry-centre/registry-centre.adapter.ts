import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { targetOfUrl } from '../../engine/contract/node/outbound-guard.ts';
import { createFindInstances } from './find-instances.ts';
import { probeRegistry } from './probe.ts';
import { RegistrySettings } from './settings.ts';

export default defineAdapter({
  protocol: 'registry-centre',
  icon: 'network',
  choice: 'kind',
  text: {
    label: { 'zh-CN': '注册中心', en: 'Registry centre' },
    help: {
      'zh-CN':
        '从 Consul 或 Nacos 取得服务的实例，用于接口的实例分组。Consul 1.12 经实测；Nacos 按其公开的 HTTP 接口编写和测试，未连接真实的服务器。',
      en: 'Consul or Nacos, which know the instances of services; groups of instances of interfaces use them. Tested with Consul 1.12. Nacos is written and tested by its documented HTTP API, not with a real server.',
    },
    usedFor: { 'zh-CN': '服务发现，微服务实例', en: 'service discovery, instances of microservices' },
  },
  settings: RegistrySettings,
  credential: { 'zh-CN': 'Consul 存令牌；Nacos 存“用户名:密码”。', en: 'For Consul the token, for Nacos user:password.' },
  connectsTo: (settings) => (settings as RegistrySettings).addresses.map(targetOfUrl),
  hasCharset: false,
  probe: probeRegistry,
  createFindInstances,
});
