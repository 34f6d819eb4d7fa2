import { both, defineAlarmRule, time } from '../alarm-rule.ts';
import { findExpiring } from '../find-expiring.ts';

const DAY_MS = 86_400_000;
const KINDS = {
  'app-key': both('应用密钥', 'Key'),
  grant: both('授权', 'Grant'),
  'bus-consumer': both('总线网关的令牌或证书', 'Token or certificate of the bus'),
  'tls-certificate': both('监听证书', 'Certificate of the listeners'),
  'platform-key': both('平台密钥', 'Key of the platform'),
};

export default defineAlarmRule({
  text: {
    label: both('即将到期', 'Expires soon'),
    help: both(
      '应用密钥、授权、总线网关的令牌与证书、监听证书，或平台密钥（使用三年）在此天数内到期。',
      'A key of an app, a grant, a token or certificate of the bus, the certificate of the listeners, or a key of the platform (used for three years) expires within this many days.',
    ),
    unit: both('天', 'days'),
  },
  bound: { least: 1, most: 30, usual: 14 },
  severity: 'warning',
  describe({ what = '', id = '', appId = '', expiresAt = 0 }) {
    const kind = KINDS[what as keyof typeof KINDS] ?? both('凭据', 'Credential');
    const of = appId === '' ? id : `${appId} / ${id}`;
    return both(`${kind['zh-CN']} ${of} 于 ${time(expiresAt)} 到期`, `${kind.en} ${of} expires at ${time(expiresAt)}`);
  },
  advise: ({ appId = '' }) =>
    appId === ''
      ? both(
          '在系统页更换，或更新证书文件；更新后自动生效。',
          'Replace it on the system page, or renew the certificate file; it is taken over automatically.',
        )
      : both(
          '请调用方提交新密钥，或延长授权；新旧密钥可并用七天。',
          'Ask the caller for a new key, or extend the grant; old and new key may be used together for seven days.',
        ),
  link: ({ appId = '' }) => (appId === '' ? '/system' : `/callers/${appId}`),
  createCheck:
    ({ registry, clock, info }) =>
    async (bound) => {
      const soon = await findExpiring({ registry, clock, certificate: info.certificate?.() });
      return soon
        .filter(({ expiresAt }) => expiresAt < clock.now() + bound * DAY_MS)
        .map(({ what, id, appId, expiresAt }) => ({
          subject: `${what}:${appId === undefined ? '' : `${appId}/`}${id}`,
          values: { what, id, expiresAt, ...(appId === undefined ? {} : { appId }) },
        }));
    },
});
