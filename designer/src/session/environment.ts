/** The environment and installation in which the user works. */
import { createContext, use, useEffect } from 'react';
import { isProduction } from '../../../engine/contract/values/environment.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';

const TEXTS = defineTexts({
  production: ['生产环境', 'PRODUCTION'],
  other: ['{{name}} 环境', '{{name}} environment'],
});

/** Name of the environment; empty before the login. */
export const EnvironmentContext = createContext('');

export interface Environment {
  readonly isProduction: boolean;
  /** For example `生产环境` or `DEV 环境`. */
  readonly words: string;
  /** For example `生产环境 · bus.example.sh`. */
  readonly installation: string;
}

export function useEnvironment(): Environment {
  const t = useTexts(TEXTS);
  const environment = use(EnvironmentContext);
  const words = isProduction(environment) ? t('production') : t('other', { name: environment.toUpperCase() });
  return { isProduction: isProduction(environment), words, installation: `${words} · ${window.location.host}` };
}

const ICONS = { production: '/icon-production.svg', other: '/icon.svg' };

/** Sets another icon for browser tabs of production. */
export function useEnvironmentIcon(): void {
  const { isProduction: isProd } = useEnvironment();
  useEffect(() => {
    document.querySelector('link[rel=icon]')?.setAttribute('href', isProd ? ICONS.production : ICONS.other);
  }, [isProd]);
}
