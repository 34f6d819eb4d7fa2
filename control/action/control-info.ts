/** What control reports about its installation. */
import type { MachineState } from '../../engine/host/machine.ts';
import type { SettingDescription } from '../../engine/host/settings.ts';

export interface ControlInfo {
  readonly version: string;
  readonly environment: string;
  /** Listener name (`open`, `user`, `bus`, `control`, `mllp` …) -> its address. */
  addresses(): Readonly<Record<string, string>>;
  /** A command that signs and sends a call when pasted; the overview page shows it. */
  tryIt?(): string | undefined;
  /** PEM of the listeners' certificate. */
  certificate?(): string | undefined;
  readonly settings?: readonly SettingDescription[];
  machine?(): Promise<MachineState>;
}
