/** What the changes of state of gateways mean, in words. */
import { STRUCTURE_TEXTS } from '../../../../gateways/documents/content-structures.ts';
import { DIMENSION_TEXTS } from '../../../../gateways/documents/limit-dimension.ts';
import { useFormat } from '../../i18n/format.ts';
import { CARRIER_TEXTS } from '../security/content-hit.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';

const KINDS = defineTexts({
  'instance-ejected': ['后端实例出错过多，暂时摘除', 'An instance failed too often and was taken out'],
  'instance-returned': ['后端实例重新接受请求', 'An instance takes requests again'],
  'instance-unhealthy': ['后端实例未通过健康检查', 'An instance failed its health check'],
  'instance-healthy': ['后端实例通过健康检查', 'An instance passed its health check'],
  'content-hit': ['请求内容疑似攻击', 'The content of a request looks like an attack'],
  'breaker-opened': ['熔断：暂停调用目标', 'The breaker opened: the target is not called'],
  'breaker-half-open': ['熔断：放行少量试探请求', 'The breaker lets a few probes through'],
  'breaker-ramp': ['熔断：逐步恢复调用', 'The breaker lets more and more calls through'],
  'breaker-closed': ['熔断解除，恢复调用', 'The breaker closed: calls go on'],
  'calls-paused': ['人工暂停生效，调用被拒绝', 'A manual pause is in force: calls are refused'],
  'calls-resumed': ['人工暂停结束，恢复调用', 'The manual pause is over: calls go on'],
  limited: ['一分钟内拒绝了超出的调用', 'Calls over the limit were refused within a minute'],
  'limit-changed': ['并发限制调整', 'The limit of concurrent calls changed'],
  'rate-degraded': ['共享状态中断，各网关按份额限流', 'The shared state is down: each gateway applies its part of the rate limits'],
  'rate-restored': ['共享状态恢复，限流重新合计', 'The shared state is back: rate limits hold over all gateways again'],
  'nonces-down': ['防重放记录不可用，签名请求被拒绝（GW50303）', 'Nonces cannot be stored: signed requests are refused with GW50303'],
  'nonces-restored': ['防重放记录恢复，签名请求重新受理', 'Nonces are stored again: signed requests are accepted'],
  'sessions-down': [
    '会话无法读取，会话签名的请求被拒绝（GW50303）',
    'Sessions cannot be read: requests that they sign are refused with GW50303',
  ],
  'sessions-restored': ['会话恢复读取', 'Sessions can be read again'],
  'quotas-down': [
    '配额无法扣减，超出已领份额的请求被拒绝（GW50303）',
    'Quotas cannot be counted: requests beyond the leased part are refused with GW50303',
  ],
  'quotas-restored': ['配额恢复扣减', 'Quotas are counted again'],
  'grey-step': ['灰度比例调整', 'The share of the grey release changed'],
  'grey-rolled-back': ['灰度发布自动回退', 'The grey release took itself back'],
  'mirror-different': ['复制流量的应答与原应答不同', 'Responses of the mirror differ from the real ones'],
  'object-enumeration': ['疑似遍历他人数据', 'Someone asks for too many different objects'],
  'cache-shared-down': ['共享缓存中断，改用本进程缓存', 'The shared cache is down: only the cache of each process is used'],
  'drain-started': ['开始排空：不再就绪，处理完已有请求', 'The drain began: it is not ready, and completes its calls'],
  'drain-ended': ['结束排空：恢复就绪', 'The drain ended: it is ready again'],
  'cache-shared-up': ['共享缓存恢复', 'The shared cache is back'],
});

/** Names of the numbers and codes that explain a change. */
const NAMES = defineTexts({
  group: ['实例组', 'group'],
  cause: ['原因', 'cause'],
  ejectedMs: ['摘除', 'out for'],
  openMs: ['暂停', 'open for'],
  from: ['由', 'from'],
  to: ['变为', 'to'],
  inFlight: ['处理中', 'in flight'],
  gateways: ['网关数', 'gateways'],
  percent: ['灰度比例（%）', 'share in percent'],
  errorShare: ['新版失败占比', 'failures of the new group'],
  usualErrorShare: ['原版失败占比', 'failures of the old group'],
  p95Ms: ['新版 p95', 'p95 of the new group'],
  usualP95Ms: ['原版 p95', 'p95 of the old group'],
  where: ['不同之处', 'where'],
  refused: ['次数', 'calls'],
  by: ['按', 'by'],
  count: ['另有', 'more of them'],
  objects: ['对象数', 'objects'],
  windowSec: ['秒内', 'within seconds'],
  structure: ['结构', 'structure'],
  carrier: ['位置', 'place'],
  outcome: ['处理', 'outcome'],
  code: ['错误码', 'code'],
});

const VALUES = defineTexts({
  failures: ['失败过多', 'too many failures'],
  slow: ['响应过慢', 'too slow'],
  rejections: ['并发已满，拒绝过多', 'too many calls above the limit'],
  probes: ['试探请求失败', 'probes failed'],
  'pause-over': ['暂停时间已到', 'the pause is over'],
  recovered: ['已恢复', 'recovered'],
  'consecutive-failures': ['连续失败', 'failures in a row'],
  'failure-share': ['失败比例过高', 'too large a share failed'],
  'probe-failed': ['试探失败', 'the probe failed'],
  'probe-good': ['试探成功', 'the probe was good'],
  errors: ['新版失败更多', 'the new group fails more often'],
  latency: ['新版更慢', 'the new group is slower'],
  elsewhere: ['其他网关发现，或重启前已回退', 'found by another gateway, or before a restart'],
  blocked: ['已拦截', 'blocked'],
  ...DIMENSION_TEXTS,
  perDay: ['每日', 'a day'],
  perMonth: ['每月', 'a month'],
  seen: ['仅记录', 'recorded only'],
});

type Values = Readonly<Record<string, string | number>>;

/** Returns functions that describe a change, and its values. What has no words is returned as it is. */
export function useEventWords() {
  const kind = useTexts(KINDS);
  const name = useTexts(NAMES);
  const value = useTexts(VALUES);
  const carrier = useTexts(CARRIER_TEXTS);
  const text = useText();
  const format = useFormat();
  return {
    changeOf: (change: string) => (has(KINDS, change) ? kind(change) : change),
    /** Leaves out what says nothing: the state before, which `changeOf` implies, and times of 0. */
    valuesOf: (change: string, values: Values = {}) =>
      Object.entries(values)
        .filter(([key, found]) => !(change.startsWith('breaker-') && key === 'from') && !(/(Ms|count)$/.test(key) && found === 0))
        .map(([key, found]) => ({
          name: has(NAMES, key) ? name(key) : key,
          ...(typeof found === 'number' ? { value: numberOf(key, found), isCode: false } : codeOf(found)),
        })),
  };

  function codeOf(found: string): { readonly value: string; readonly isCode: boolean } {
    if (has(STRUCTURE_TEXTS, found)) return { value: text(STRUCTURE_TEXTS[found]), isCode: false };
    if (has(CARRIER_TEXTS, found)) return { value: carrier(found), isCode: false };
    // What a quota counts by, such as `app-day`.
    const [, by = '', period] = /^(.+)-(day|month)$/.exec(found) ?? [];
    if (has(DIMENSION_TEXTS, by)) return { value: `${value(by)} · ${value(period === 'day' ? 'perDay' : 'perMonth')}`, isCode: false };
    return has(VALUES, found) ? { value: value(found), isCode: false } : { value: found, isCode: true };
  }

  function numberOf(key: string, found: number): string {
    if (/Ms$/.test(key)) return format.duration(found);
    return /Share$/.test(key) ? format.percent(found) : format.number(found);
  }
}

function has<T extends object>(texts: T, key: string): key is keyof T & string {
  return Object.hasOwn(texts, key);
}
