/** What control tells of its installation. */
import type { MachineState } from '../../engine/host/machine.ts';
import type { SettingDescription } from '../../engine/host/settings.ts';

export interface ControlInfo {
  readonly version: string;
  readonly environment: string;
  /** Name of a listener (`open`, `user`, `bus`, `control`, `mllp` …) -> where it listens. */
  addresses(): Readonly<Record<string, string>>;
  /** A command that signs and sends a call when pasted; shown on the overview page. */
  tryIt?(): string | undefined;
  /** PEM of the certificate that the listeners show. */
  certificate?(): string | undefined;
  readonly settings?: readonly SettingDescription[];
  machine?(): Promise<MachineState>;
}
