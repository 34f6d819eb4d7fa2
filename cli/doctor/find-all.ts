/**
 * Returns all findings of `kangqiao doctor`: about the machine and the settings; in the DMZ about the gateways inside,
 * elsewhere about the stores and control.
 */
import type { Command } from 'commander';
import { errorText } from '../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { readProcessSettings, type Settings } from '../../engine/host/settings.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { createApiClient } from '../shared/api-client.ts';
import { overridesOf } from '../roots/root-options.ts';
import { DEFAULT_ADDRESS, type ConnectOptions } from '../shared/connect.ts';
import type { Terminal } from '../shared/terminal.ts';
import { findTokenFile } from '../shared/token-file.ts';
import { checkInside } from './check-inside.ts';
import { checkIntegrity } from './check-integrity.ts';
import { checkCertificate, checkCryptography, checkDataFolder, checkPorts, checkRuntime, checkTimeZone } from './check-machine.ts';
import { checkShared, checkStore } from './check-stores.ts';
import { good, hint, wrong, type Finding } from './finding.ts';

export async function findAll(terminal: Terminal, command: Command): Promise<readonly Finding[]> {
  const options = command.optsWithGlobals<ConnectOptions>();
  const control = await checkControl(terminal, options);
  const machine = [checkRuntime(), checkCryptography(), checkTimeZone()];
  const settings = readSettings(command);
  if (!('dataFolder' in settings)) return [...machine, ...settings];
  const isInDmz = settings.flows === 'forward';
  return [
    ...machine,
    good('设置正确', 'the settings are valid'),
    await checkDataFolder(settings.dataFolder),
    ...(isInDmz ? await checkInside(settings) : await checkServers(settings, control.isRunning)),
    ...(await checkCertificate(settings, systemClock.now())),
    ...(control.isRunning || isInDmz ? [] : await checkPorts(settings)),
    ...(isInDmz ? [] : control.findings),
  ];
}

async function checkServers(settings: Settings, isRunning: boolean): Promise<readonly Finding[]> {
  const { storageSettings } = await import('../roots/open-host.ts');
  const checks = { settings, storage: storageSettings(settings), clock: systemClock, isRunning };
  return [...(await checkStore(checks)), ...(await checkShared(checks))];
}

/** Returns the settings, or findings if they are invalid. */
function readSettings(command: Command): Settings | readonly Finding[] {
  try {
    return readProcessSettings(overridesOf(command));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.issues.map((issue) => {
      const chinese = errorText(issue, 'zh-CN');
      const name = issue.path.slice(1);
      const remedy = [chinese.fix ?? '更正后重试，见 docs/settings.md。', issue.fix ?? 'Correct it; see docs/settings.md.'] as const;
      return wrong([`设置 ${name}：${chinese.what}`, `setting ${name}: ${issue.message}`], remedy);
    });
  }
}

async function checkControl(
  terminal: Terminal,
  options: ConnectOptions,
): Promise<{ readonly isRunning: boolean; readonly findings: readonly Finding[] }> {
  const found = await findTokenFile(options.data);
  const address = options.address ?? found?.address ?? DEFAULT_ADDRESS;
  const api = createApiClient({ ...(found ?? {}), address }, AbortSignal.any([terminal.signal, AbortSignal.timeout(3000)]));
  try {
    const { name } = (await api.call('GET', '/me')) as { name: string };
    const loggedIn = good(`管理端 ${address} 运行中，已登录为 ${name}`, `control at ${address}: logged in as ${name}`);
    return { isRunning: true, findings: [loggedIn, ...(await checkIntegrity(api))] };
  } catch (error) {
    const isRunning = error instanceof Error && error.name === 'ApiError';
    const finding = isRunning
      ? hint(
          [`管理端 ${address} 运行中，尚未登录`, `control at ${address} is running`],
          ['执行 kangqiao login。', 'Log in with `kangqiao login`.'],
        )
      : hint(
          [`管理端 ${address} 没有应答`, `control does not respond at ${address}`],
          ['用 kangqiao start 启动。', 'Start it with `kangqiao start`.'],
        );
    return { isRunning, findings: [finding] };
  } finally {
    await api.close().catch(() => {});
  }
}
