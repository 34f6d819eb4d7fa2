import { useListOf } from '../../api/queries.ts';
import { useText } from '../../i18n/texts.ts';
import { useMay } from '../../session/session-context.ts';

export interface Named {
  readonly value: string;
  readonly label: string;
}

/** Returns the interfaces and apps with their names. Apps are empty for users who may not see callers. */
export function useNames() {
  const text = useText();
  const may = useMay();
  const interfaces = useListOf('interfaces.list', {});
  const apps = useListOf('apps.list', {}, { enabled: may('callers.read') });
  const interfaceOptions: readonly Named[] = (interfaces.data?.items ?? []).map(({ interfaceId, name }) => ({
    value: interfaceId,
    label: text(name) || interfaceId,
  }));
  const appOptions: readonly Named[] = (apps.data?.items ?? []).map(({ appId, name }) => ({ value: appId, label: text(name) || appId }));
  const nameIn = (options: readonly Named[], id: string) => options.find(({ value }) => value === id)?.label;
  return {
    interfaceOptions,
    appOptions,
    /** Returns the name, or undefined for an interface that is gone or belongs to another domain. */
    interfaceName: (id: string) => nameIn(interfaceOptions, id),
    appName: (id: string) => nameIn(appOptions, id),
  };
}
