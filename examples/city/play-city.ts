/**
 * Plays the outside of the example city in one process: both hospitals, the feed, the district and the citizens, with gentle traffic.
 * Started by `kangqiao start --example city`; ends with its parent.
 *
 *     node examples/city/play-city.ts settings.json
 */
import { readFileSync } from 'node:fs';
import { createCitizen, type CitizenSettings } from './citizen/citizen.ts';
import { createDistrict } from './district/district.ts';
import { createHospitalA } from './hospital-a/hospital-a.ts';
import { createHospitalB } from './hospital-b/hospital-b.ts';
import { createHospitalC } from './hospital-c/hospital-c.ts';

export interface PlaySettings {
  readonly basePort: number;
  readonly journal: string;
  /** Pause between two messages of the feed. */
  readonly feedIntervalMs: number;
  readonly citizen: CitizenSettings;
}

export async function playCity(settings: PlaySettings): Promise<() => Promise<void>> {
  const { basePort, journal, feedIntervalMs, citizen } = settings;
  const programs = [
    await createHospitalA({ port: basePort + 1 }),
    await createHospitalB({ port: basePort + 2 }),
    await createDistrict({ port: basePort + 4 }),
    createHospitalC({ port: basePort + 575, journal, intervalMs: feedIntervalMs }),
    createCitizen(citizen),
  ];
  return async () => {
    for (const program of programs.reverse()) await program.stop();
  };
}

if (import.meta.main) {
  const stop = await playCity(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as PlaySettings);
  const end = () => void stop().finally(() => process.exit(0));
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  process.on('SIGINT', () => undefined);
  process.send?.('ready');
}
