import { both, defineAlarmRule, interfaceNames, LEAST_CALLS, PERCENT, RATIO_OF_MS } from '../alarm-rule.ts';
import { refusalWords } from '../refusal-words.ts';

export default defineAlarmRule({
  text: {
    label: both('大量调用被拒', 'Too many calls refused'),
    help: both(
      '某接口最近五分钟至少有 20 次调用，其中被拒的比例达到此值。',
      'At least this share of the calls of an interface was refused within five minutes (with 20 calls or more).',
    ),
    unit: PERCENT,
  },
  bound: { least: 1, most: 100, usual: 50 },
  severity: 'warning',
  settlesMs: RATIO_OF_MS,
  describe: ({ interfaceId = '', percent = 0, calls = 0, code = '', app = '' }, name) =>
    both(
      `接口“${name?.['zh-CN'] ?? interfaceId}”最近五分钟 ${calls} 次调用中 ${percent}% 被拒，多为 ${code}${app === '' ? '' : `（应用 ${app}）`}：${refusalWords(code).what['zh-CN']}`,
      `${percent}% of ${calls} calls of the interface "${name?.en ?? interfaceId}" were refused within five minutes, mostly with ${code}${app === '' ? '' : ` (app ${app})`}: ${refusalWords(code).what.en}`,
    ),
  advise: ({ code = '' }) => refusalWords(code).advice,
  link({ interfaceId = '', app = '' }) {
    const ofApp = app === '' ? '' : `&app=${encodeURIComponent(app)}`;
    return `/calls?interface=${encodeURIComponent(interfaceId)}${ofApp}&outcome=refused`;
  },
  createCheck: (deps) => async (bound) => {
    const calls = [...(await deps.engine.processes.interfaceCalls()).values()];
    const refusing = calls.flatMap(({ id: interfaceId, recent, refusals: [cause] = [] }) => {
      const percent = recent.calls === 0 ? 0 : Math.floor((recent.refused / recent.calls) * 100);
      return cause !== undefined && recent.calls >= LEAST_CALLS && percent >= bound
        ? [{ interfaceId, percent, calls: recent.calls, cause }]
        : [];
    });
    const names = await interfaceNames(deps, refusing);
    // Skip interfaces that were removed in the meantime.
    return refusing.flatMap(({ interfaceId, percent, calls: count, cause: { code, app } }) => {
      const name = names.get(interfaceId);
      if (name === undefined) return [];
      return [{ subject: interfaceId, values: { interfaceId, percent, calls: count, code, ...(app !== undefined && { app }) }, name }];
    });
  },
});
