import { TriangleAlert } from 'lucide-react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './environment-tag.module.css';
import { useEnvironment } from '../session/environment.ts';

const TEXTS = defineTexts({
  real: ['这里的操作影响真实业务', 'Actions here affect real patients'],
});

/** Shows the environment in which the user works. */
export function EnvironmentTag() {
  const { isProduction, words } = useEnvironment();
  return <span className={isProduction ? `${styles.tag} ${styles.production}` : styles.tag}>{words}</span>;
}

/** Shows a bar on every page of production, so that production is not mistaken for another environment. */
export function ProductionBar() {
  const t = useTexts(TEXTS);
  const { isProduction, installation } = useEnvironment();
  if (!isProduction) return null;
  return (
    <div className={styles.bar} role="note">
      <TriangleAlert size={14} aria-hidden />
      <strong>{installation}</strong>
      <span>{t('real')}</span>
    </div>
  );
}
