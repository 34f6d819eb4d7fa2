import type { Command } from 'commander';
/**
 * The input of the composition roots: options and settings from the command line, which override the environment. Each
 * root returns the exit code of the process.
 */
/** Settings from the command line, named as in `engine/host/settings.ts`. */
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
  /** The example to load into an empty store, with simulated systems and light traffic. */
  readonly example?: 'city';
  /** First port of the example's simulated systems. */
  readonly examplePort?: number;
  /** Gives this account a new one-time password before anything listens. */
  readonly resetPassword?: string;
}

export interface GatewayOptions {
  readonly front: 'open' | 'user' | 'bus';
  /** How many processes share the port of the front; 1 if absent. */
  readonly processes?: number;
  /** Number of this process among those that share the port. Set by the process that started it. */
  readonly processNumber?: number;
}

export function overridesOf(command: Command): SettingOverrides {
  const { data, host, openPort, userPort, busPort, controlPort, flows } =
    command.optsWithGlobals<Record<string, string | number | undefined>>();
  const named = { dataFolder: data, bindHost: host, openPort, userPort, busPort, controlPort, flows };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as SettingOverrides;
}
