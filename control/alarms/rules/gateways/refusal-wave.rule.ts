import type { FrontCalls } from '../../../../engine/contract/calls/front-calls.ts';
import { mainSource, type UnprovenRefusal } from '../../../../engine/contract/calls/refusal-sources.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { both, defineAlarmRule, LEAST_CALLS, RATIO_OF_MS, type Finding } from '../alarm-rule.ts';
import { refusalWords } from '../refusal-words.ts';

const FRONTS: Readonly<Record<string, Text>> = {
  open: both('开放网关', 'open gateway'),
  user: both('用户网关', 'user gateway'),
  bus: both('总线网关', 'bus gateway'),
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
    const { what } = refusalWords(code);
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
  advise: ({ code = '' }) => refusalWords(code).advice,
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
