import type { SystemReport } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyButton, CopyText } from '../../kit/text/copy-text.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  title: ['版本', 'Versions'],
  product: ['康桥', 'Kangqiao'],
  environment: ['环境', 'Environment'],
  key: ['平台公钥', 'Public key of the platform'],
  copyKey: ['复制公钥（PEM）', 'Copy the key (PEM)'],
});

export function VersionList({ report }: { readonly report: SystemReport }) {
  const t = useTexts(TEXTS);
  const { version, environment, machine, platformKey } = report;
  const lines: readonly (readonly [string, string])[] = [
    [t('product'), version],
    [t('environment'), environment],
    ...(machine === undefined
      ? []
      : ([
          ['Node.js', machine.versions.node],
          ['SQLite', machine.versions.sqlite],
          ['OpenSSL', machine.versions.openssl],
        ] as const)),
  ];
  return (
    <Panel title={t('title')}>
      <dl className={styles.versions}>
        {lines.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value === '' ? '—' : value}</dd>])}
        <dt>{t('key')}</dt>
        <dd className={styles.keyRow}>
          <CopyText text={platformKey.keyId} isShort />
          <CopyButton text={platformKey.publicPem} label={t('copyKey')} />
        </dd>
      </dl>
    </Panel>
  );
}
