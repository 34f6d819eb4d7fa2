import { Tabs } from 'antd';
import signing from '../../../../docs/signing.md?raw';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Panel } from '../../parts/page-header.tsx';
import styles from './caller-page.module.css';
import { CodeBlock } from './code-block.tsx';

const TEXTS = defineTexts({
  title: ['签名示例', 'Signing example'],
  help: [
    '方案 {{scheme}}。先设置环境变量，再运行示例；路径与报文请换成自己的。',
    'Scheme {{scheme}}. Set the environment first, then run the example; put your own path and body in.',
  ],
  noKey: [
    '此应用还没有该方案的启用密钥：请把 YOUR_KEY_ID 换成密钥编号。',
    'This app has no active key of that scheme yet: put the key’s id in place of YOUR_KEY_ID.',
  ],
  settings: ['环境变量', 'Environment'],
  code: ['代码', 'Code'],
});

const EXAMPLES = [
  { name: 'curl (openssl)', fence: 'bash', scheme: 'SM2-SM3', key: 'key.pem' },
  { name: 'Node', fence: 'js', scheme: 'SM2-SM3', key: 'key.pem' },
  { name: 'Java', fence: 'java', scheme: 'RSA-SHA256', key: 'key.pem' },
  { name: 'Python', fence: 'python', scheme: 'HMAC-SHA256', key: 'YOUR_SECRET' },
] as const;

/** The examples of the guide to signing, with this app's own values. */
export function SigningExample({ appId }: { readonly appId: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const keys = useQueryOf('keys.list', { appId });
  const system = useQueryOf('system.get', {}, { enabled: may('system.read') });
  const address = system.data?.addresses['open'] ?? 'https://gateway.example:8443';
  const keyOf = (scheme: string) => keys.data?.items.find((key) => key.state === 'ACTIVE' && key.scheme === scheme)?.keyId;
  return (
    <Panel title={t('title')}>
      <Tabs
        items={EXAMPLES.map(({ name, fence, scheme, key }) => {
          const keyId = keyOf(scheme);
          return {
            key: fence,
            label: name,
            children: (
              <div className={styles.stack}>
                <div>
                  {t('help', { scheme })} {keyId === undefined ? t('noKey') : null}
                </div>
                <CodeBlock label={t('settings')} text={environmentOf(address, appId, keyId ?? 'YOUR_KEY_ID', key, fence === 'js')} />
                <CodeBlock label={t('code')} text={exampleOf(fence)} />
              </div>
            ),
          };
        })}
      />
    </Panel>
  );
}

function environmentOf(address: string, appId: string, keyId: string, key: string, hasPlatformKey: boolean): string {
  const lines = [
    `export KQ_URL=${address}`,
    `export KQ_HOST=${URL.canParse(address) ? new URL(address).host : address}`,
    `export KQ_APP=${appId}`,
    `export KQ_KEYID=${keyId}`,
    `export KQ_KEY=${key}`,
  ];
  return [...lines, ...(hasPlatformKey ? ['export KQ_PLATFORM_KEYID=PLATFORM_KEY_ID', 'export KQ_PLATFORM_KEY=platform.pem'] : [])].join(
    '\n',
  );
}

function exampleOf(fence: string): string {
  return new RegExp(`\`\`\`${fence}\\n([\\s\\S]*?)\\n\`\`\``).exec(signing)?.[1] ?? '';
}
