import type { Text } from '../../../../engine/contract/values/texts.ts';
import type { CallSums } from '../../../../engine/processes/sum-calls.ts';
import { both, defineAlarmRule, interfaceNames, LEAST_CALLS, named, PERCENT, RATIO_OF_MS } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('错误率过高', 'Error ratio too high'),
    help: both(
      '某流程或接口最近五分钟至少有 20 次调用，其中失败的比例达到此值。业务拒绝不算失败，重试不另计。',
      'At least this share of calls of a flow or an interface failed within five minutes (with 20 calls or more). Refused calls are not failures, and retries do not count.',
    ),
    unit: PERCENT,
  },
  bound: { least: 1, most: 100, usual: 20 },
  severity: 'warning',
  settlesMs: RATIO_OF_MS,
  describe: ({ what = '', id = '', percent = 0, calls = 0, code }, name) => {
    const error = errorOf(code);
    return what === 'interface'
      ? both(
          `接口“${name?.['zh-CN'] ?? id}”最近五分钟 ${calls} 次调用中 ${percent}% 失败${error['zh-CN']}`,
          `${percent}% of ${calls} calls of the interface "${name?.en ?? id}" failed within five minutes${error.en}`,
        )
      : both(
          `流程“${name?.['zh-CN'] ?? id}”最近五分钟 ${calls} 次执行中 ${percent}% 失败`,
          `${percent}% of ${calls} executions of the flow "${name?.en ?? id}" failed within five minutes`,
        );
  },
  advise: ({ what = '', id = '' }) =>
    what === 'interface'
      ? both(
          '查看失败的调用和后端服务的状态；后端不可用时联系其负责人。',
          'Look at the failed calls and at the service behind the interface; if it is down, contact its owner.',
        )
      : both(`查看流程 ${id} 失败的消息，按原因更正。`, `Look at the failed messages of the flow ${id}, and mend the cause.`),
  link: ({ what = '', id = '' }) =>
    what === 'interface' ? `/calls?interface=${encodeURIComponent(String(id))}&outcome=failed` : `/flows/${id}`,
  createCheck: (deps) => async (bound) => {
    const { engine, flowNames } = deps;
    const flows = tooManyFailed(await engine.processes.flowCalls(), bound);
    const interfaces = tooManyFailed(await engine.processes.interfaceCalls(), bound);
    const names = flows.length === 0 ? undefined : await flowNames();
    const ofInterfaces = await interfaceNames(deps, interfaces);
    return [
      ...flows.map(({ id, percent, calls }) => ({ subject: id, values: { what: 'flow', id, percent, calls }, ...named(names?.get(id)) })),
      ...interfaces.map(({ id, ...values }) => ({
        ...{ subject: id, values: { what: 'interface', id, ...values } },
        ...named(ofInterfaces.get(id)),
      })),
    ];
  },
});

function errorOf(code: string | number | undefined): Text {
  if (code === undefined) return both('', '');
  if (code === 'HTTP_SERVER_ERROR') return both('，最近一次后端返回 5xx', '; the last time the service returned 5xx');
  return both(`，最近的错误 ${code}`, `; the last error is ${code}`);
}

interface Failing {
  readonly id: string;
  readonly percent: number;
  readonly calls: number;
  readonly code?: string;
}

function tooManyFailed(calls: CallSums, bound: number): readonly Failing[] {
  return Array.from(calls.values(), ({ id, recent, lastError }) => ({
    id,
    percent: recent.calls === 0 ? 0 : Math.floor((recent.failed / recent.calls) * 100),
    calls: recent.calls,
    ...(lastError === undefined ? {} : { code: lastError.code }),
  })).filter(({ percent, calls: count }) => count >= LEAST_CALLS && percent >= bound);
}
