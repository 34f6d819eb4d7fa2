import { Alert } from 'antd';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { hostsNotAsWritten } from './hosts-not-as-written.ts';

const TEXTS = defineTexts({
  realHost: [
    '地址的域名含特殊字符，实际连接的是下面的主机，请核对',
    'An address has unusual characters in its host name; check where it really points',
  ],
});

/** Warns about a host that only looks like another one, and shows the host that the network really uses. */
export function RealHosts({ document }: { readonly document: unknown }) {
  const t = useTexts(TEXTS);
  const hosts = hostsNotAsWritten(document);
  if (hosts.length === 0) return null;
  const list = hosts.map(({ written, host }) => (
    <div key={written}>
      <code>{written}</code> → <code>{host}</code>
    </div>
  ));
  return <Alert type="warning" showIcon title={t('realHost')} description={list} />;
}
