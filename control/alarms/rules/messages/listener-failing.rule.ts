import { both, defineAlarmRule, MINUTES, MINUTE_MS, ofFlows } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('监听失败', 'Listener fails'),
    help: both('监听器这么久仍无法启动。', 'A listener has failed to start for this long.'),
    unit: MINUTES,
  },
  bound: { least: 1, most: 1440, usual: 2 },
  severity: 'critical',
  describe: ({ flowId = '', code = '' }, name) =>
    both(`“${name?.['zh-CN'] ?? flowId}”无法监听（${code}）`, `"${name?.en ?? flowId}" cannot listen (${code})`),
  advise: () =>
    both(
      '在流程页查看原因：端口被占用、证书或权限问题，更正后自动重试。',
      'See the reason on the flow page (port in use, certificate, rights); it is retried after the correction.',
    ),
  link: ({ flowId = '' }) => `/flows/${flowId}`,
  createCheck: (deps) => async (bound) => {
    const { engine, clock } = deps;
    const listeners = await engine.processes.listeners();
    const failing = listeners.filter(({ state, since }) => state === 'failing' && clock.now() - since > bound * MINUTE_MS);
    return ofFlows(deps, failing, ({ flowId, error }) => ({ flowId, code: error?.code ?? '' }));
  },
});
