/** What control reports about its installation. */
import type { MachineState } from '../../engine/host/machine.ts';
import type { SettingDescription } from '../../engine/host/settings.ts';

export interface ControlInfo {
  readonly version: string;
  readonly environment: string;
  /**
   * Returns the addresses of all listeners by the name of the listener (`open`, `user`, `bus`, `control`, `mllp` …).
   */
  addresses(): Readonly<Record<string, string>>;
  /** Returns a shell command that signs and sends a call; the overview page shows it. */
  tryIt?(): string | undefined;
  /** Returns the PEM of the listeners' certificate. */
  certificate?(): string | undefined;
  readonly settings?: readonly SettingDescription[];
  machine?(): Promise<MachineState>;
}
