import type { FrontCalls } from '../../../../engine/contract/calls/front-calls.ts';
import { mainSource, type UnprovenRefusal } from '../../../../engine/contract/calls/refusal-sources.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { both, defineAlarmRule, LEAST_CALLS, RATIO_OF_MS, type Finding } from '../alarm-rule.ts';

const FRONTS: Readonly<Record<string, Text>> = {
  open: both('开放网关', 'open gateway'),
  user: both('用户网关', 'user gateway'),
  bus: both('总线网关', 'bus gateway'),
};

/** What the usual codes mean, and what to do. */
const CODES: Readonly<Record<string, { readonly what: Text; readonly advice: Text }>> = {
  GW40101: {
    what: both('缺少认证信息，或应用、密钥、令牌无效', 'authentication is missing, or app, key or token is not valid'),
    advice: both(
      '核对调用方的应用编号与密钥是否登记、是否过期或已停用。',
      'Check whether the app and its key are registered, expired or revoked.',
    ),
  },
  GW40102: {
    what: both('请求时间超出允许范围', 'the request time is outside the window'),
    advice: both('请调用方校准时钟，并核对网关的时钟。', 'Ask the caller to set its clock, and check the clock of the gateways.'),
  },
  GW40103: {
    what: both('签名错误', 'the signature is wrong'),
    advice: both(
      '请调用方核对密钥和待签名串；来源不明的，将地址列入黑名单。',
      'Ask the caller to check key and canonical string; if you do not know the sender, block the address.',
    ),
  },
  GW40104: {
    what: both('重复的随机数（重放）', 'the nonce was used before (replay)'),
    advice: both(
      '请调用方为每次请求生成新的随机数；来源不明的，可能是重放攻击。',
      'Ask the caller to create a nonce for each request; from a stranger, this may be a replay attack.',
    ),
  },
  GW40302: {
    what: both('来源地址不允许访问', 'the source address is not allowed'),
    advice: both(
      '在“安全”页核对 IP 名单；刚启用白名单的，先补齐调用方的地址。',
      'Check the address lists on the page Security; complete an allow list that was just switched on.',
    ),
  },
  GW40401: {
    what: both('没有这个路径的接口', 'no interface has this path'),
    advice: both(
      '核对接口路径是否改过、调用方的地址是否写错；来源不明的，可能是扫描。',
      'Check whether a path was changed or the caller uses a wrong one; from a stranger, this may be a scan.',
    ),
  },
  GW42901: {
    what: both('来源地址请求过于频繁', 'an address sends too many requests'),
    advice: both('请调用方放慢；来源不明的，将地址列入黑名单。', 'Ask the caller to slow down; if you do not know it, block the address.'),
  },
};
const OTHER = {
  what: both('其他原因', 'other reasons'),
  advice: both('打开这些调用，查看每次被拒的原因。', 'Open these calls to see why each was refused.'),
};

/** Calls that are refused before it is proven who calls. They belong to no app, and many of them to no interface. */
export default defineAlarmRule({
  text: {
    label: both('未确认身份的调用大量被拒', 'Many unproven calls refused'),
    help: both(
      '某网关最近五分钟因同一原因拒绝的、尚未确认调用方的调用达到此数，或占其全部调用的一半（至少 20 次），如接口不存在、签名错误、地址被拦截、应用未知。',
      'Within five minutes one gateway refused this many calls, or half of all its calls (20 or more), for the same reason before it was known who calls, such as no such interface, a wrong signature, a blocked address or an unknown app.',
    ),
    unit: both('次', 'calls'),
  },
  bound: { least: 5, most: 1_000_000, usual: 50 },
  severity: 'warning',
  settlesMs: RATIO_OF_MS,
  describe({ front = '', code = '', count = 0, app = '', ip = '', of = 0 }) {
    const gateway = FRONTS[front] ?? both(String(front), String(front));
    const { what } = CODES[code] ?? OTHER;
    const source =
      app !== ''
        ? both(`，其中 ${of} 次自称应用 ${app}`, `; ${of} of them claim the app ${app}`)
        : ip !== ''
          ? both(`，其中 ${of} 次来自 ${ip}`, `; ${of} of them came from ${ip}`)
          : both('，来源分散', ', from many sources');
    return both(
      `${gateway['zh-CN']}最近五分钟拒绝 ${count} 次调用：${what['zh-CN']}（${code}）${source['zh-CN']}`,
      `The ${gateway.en} refused ${count} calls within five minutes: ${what.en} (${code})${source.en}`,
    );
  },
  advise: ({ code = '' }) => (CODES[code] ?? OTHER).advice,
  link({ front = '', code = '', app = '', ip = '' }) {
    const source = app === '' ? (ip === '' ? {} : { ip: String(ip) }) : { app: String(app) };
    return `/calls?${new URLSearchParams({ front: String(front), code: String(code), ...source }).toString()}`;
  },
  createCheck:
    ({ engine }) =>
    async (bound) =>
      (await engine.processes.frontCalls()).flatMap(({ front, all, unproven }) =>
        unproven
          .filter(({ count }) => count >= bound || (count >= LEAST_CALLS && count * 2 >= all.recent.calls))
          .map((refusal) => toFinding(front, refusal)),
      ),
});

/** Names the most frequent source if most of the calls are its. */
function toFinding(front: FrontCalls['front'], refusal: UnprovenRefusal): Finding {
  const { code, count } = refusal;
  const { count: of, ...source } = mainSource(refusal) ?? {};
  return { subject: `${front} ${code}`, values: { front, code, count, ...source, ...(of !== undefined && { of }) } };
}
