/** The environment and installation that the user works in. */
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
  /** `生产环境`, `DEV 环境` */
  readonly words: string;
  /** `生产环境 · bus.example.sh` */
  readonly installation: string;
}

export function useEnvironment(): Environment {
  const t = useTexts(TEXTS);
  const environment = use(EnvironmentContext);
  const words = isProduction(environment) ? t('production') : t('other', { name: environment.toUpperCase() });
  return { isProduction: isProduction(environment), words, installation: `${words} · ${window.location.host}` };
}

const ICONS = { production: '/icon-production.svg', other: '/icon.svg' };

/** Gives tabs of production another icon. */
export function useEnvironmentIcon(): void {
  const { isProduction: isProd } = useEnvironment();
  useEffect(() => {
    document.querySelector('link[rel=icon]')?.setAttribute('href', isProd ? ICONS.production : ICONS.other);
  }, [isProd]);
}
