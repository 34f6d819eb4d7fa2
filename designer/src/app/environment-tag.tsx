import { useQueryOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './environment-tag.module.css';
import { useMay } from './session.tsx';

const TEXTS = defineTexts({
  production: ['生产环境', 'PRODUCTION'],
  other: ['{{name}} 环境', '{{name}} environment'],
});

/** Which environment a person works in; production cannot be taken for another. */
export function EnvironmentTag() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { data } = useQueryOf('system.get', {}, { enabled: may('system.read') });
  if (data === undefined) return null;
  const isProduction = /^prod/i.test(data.environment);
  return (
    <span className={isProduction ? `${styles.tag} ${styles.production}` : styles.tag}>
      {isProduction ? t('production') : t('other', { name: data.environment.toUpperCase() })}
    </span>
  );
}
