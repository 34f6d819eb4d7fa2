import type { FindInstances } from '../../engine/contract/node/find-instances.ts';
import type { RegistrySettings } from './settings.ts';

/** Asks the registry centre at one address of its cluster, without a slash at the end. */
export type FindAt = (base: string, settings: RegistrySettings, ...rest: Parameters<FindInstances>) => ReturnType<FindInstances>;
