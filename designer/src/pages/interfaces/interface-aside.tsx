import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { bearerExample, exampleBody, examplePath } from '../../signing/example-call.ts';
import { shellExample } from '../../signing/shell-example.ts';
import styles from './interfaces.module.css';

const TEXTS = defineTexts({
  title: ['调用', 'How it is called'],
  address: ['调用地址', 'Address'],
  call: ['调用示例（curl）', 'A call (curl)'],
  open: [
    '把 YOUR_APP_ID 与 YOUR_KEY_ID 换成应用和密钥的编号；获得授权的应用在其页面上有填好的示例。',
    'Replace YOUR_APP_ID and YOUR_KEY_ID by the ids of the app and key; the page of a granted app shows the example filled in.',
  ],
  user: ['USER_TOKEN 为市民登录后得到的令牌。', 'USER_TOKEN is the token that a citizen gets after the login.'],
  bus: ['BUS_TOKEN 为总线消费方的令牌。', 'BUS_TOKEN is the token of a bus consumer.'],
  certificate: [
    '平台证书为自签名时，先设置 KQ_CA 为其 CA 证书文件。',
    'If the platform’s certificate is self-signed, set KQ_CA to the file of its CA.',
  ],
});

/** Shows the address for callers and an example call. Unsaved changes of the form are included. */
export function InterfaceCall({ called }: { readonly called: InterfaceDocument }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const system = useQueryOf('system.get', {}, { enabled: may('system.read') });
  const url = system.data?.addresses[called.front] ?? 'https://gateway.example:8443';
  return (
    <Panel title={t('title')}>
      <div className={styles.stack}>
        <div className={styles.address}>
          <div className={styles.quiet}>{t('address')}</div>
          <strong>{called.method}</strong> <CopyText text={`${url}${called.path}`} />
        </div>
        <div>
          <div className={styles.quiet}>{t('call')}</div>
          <CodeBlock label={t('call')} text={callOf(url, called)} />
        </div>
        <div className={styles.quiet}>
          {t(called.front)} {t('certificate')}
        </div>
      </div>
    </Panel>
  );
}

function callOf(url: string, called: InterfaceDocument): string {
  if (called.front !== 'open') return bearerExample(url, called, called.front === 'user' ? 'USER_TOKEN' : 'BUS_TOKEN');
  const body = exampleBody(called);
  return shellExample({
    url,
    appId: 'YOUR_APP_ID',
    keyId: 'YOUR_KEY_ID',
    scheme: 'SM2-SM3',
    method: called.method,
    path: examplePath(called.path),
    query: '',
    ...(body === undefined ? {} : { body }),
    isKeyed: called.requireIdempotencyKey === true,
  });
}
