import type { Command } from 'commander';
/** What the commands hand to the composition roots: settings given on the command line (they win over the environment) and choices. Each root answers the process's exit code. */
/** Names as in `engine/host/settings.ts`. */
export interface SettingOverrides {
  readonly dataFolder?: string;
  readonly storeAddress?: string;
  readonly sharedAddress?: string;
  readonly bindHost?: string;
  readonly openPort?: number;
  readonly userPort?: number;
  readonly busPort?: number;
  readonly controlPort?: number;
  readonly flows?: 'local' | 'forward';
}

export interface StartOptions {
  /** Loaded into an empty store, with its outside programs and gentle traffic. */
  readonly example?: 'city';
  /** First port of the example's outside programs. */
  readonly examplePort?: number;
  /** Gives this account a new one-time password before anything listens. */
  readonly resetPassword?: string;
}

export interface GatewayOptions {
  readonly front: 'open' | 'user' | 'bus';
}

export function overridesOf(command: Command): SettingOverrides {
  const { data, host, openPort, userPort, busPort, controlPort, flows } =
    command.optsWithGlobals<Record<string, string | number | undefined>>();
  const named = { dataFolder: data, bindHost: host, openPort, userPort, busPort, controlPort, flows };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as SettingOverrides;
}
