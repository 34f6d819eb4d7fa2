import type { Output } from '../../api/operation-types.ts';
import { Alert, Input, Select, Tabs } from 'antd';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { KQ1_SCHEMES, type Kq1Scheme } from '../../../../engine/contract/kq1/kq1.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { parseJson } from '../../kit/code/parse-json.ts';
import { exampleBody, examplePath } from '../../signing/example-call.ts';
import { goExample } from '../../signing/go-example.ts';
import { javaExample } from '../../signing/java-example.ts';
import { nodeExample } from '../../signing/node-example.ts';
import { pythonExample } from '../../signing/python-example.ts';
import { shellExample } from '../../signing/shell-example.ts';
import { isHmac, isSm, type ExampleLanguage, type SignedCall } from '../../signing/signed-call.ts';
import styles from './caller-page.module.css';

const TEXTS = defineTexts({
  key: ['密钥', 'Key'],
  interface: ['接口', 'Interface'],
  path: ['路径（填好参数）', 'Path with parameters filled in'],
  body: ['请求体（JSON）', 'Body (JSON)'],
  notJson: ['这还不是 JSON，示例仍用上一次的内容。', 'This is not valid JSON yet; the example keeps the previous content.'],
  nothing: ['此应用还没有获得开放网关接口的授权', 'No interface of the open front is granted to this app'],
  nothingNext: ['先授权一个接口，这里就会给出填好的示例。', 'Grant one, then the filled-in example appears here.'],
  grants: ['去授权', 'Go to the grants'],
  noKey: [
    '此应用还没有启用的密钥：示例中的 YOUR_KEY_ID 请换成密钥编号。',
    'This app has no active key yet: replace YOUR_KEY_ID by the id of its key.',
  ],
  offline: ['此接口已下线，现在调用会得到 GW40403。', 'This interface is offline: calls currently return GW40403.'],
  secret: [
    '运行前把共享密钥放进环境变量 KQ_KEY（创建时显示过一次）。',
    'First set the environment variable KQ_KEY to the shared secret (it was shown once, when it was created).',
  ],
  file: [
    '运行前把环境变量 KQ_KEY 设为私钥文件（PEM）的路径。',
    'First set the environment variable KQ_KEY to the path of the private key (PEM).',
  ],
  shell: [
    '平台证书为自签名时，把 KQ_CA 设为 CA 证书文件。',
    'If the platform has a self-signed certificate, set KQ_CA to the file of its CA.',
  ],
  node: [
    '需要 kangqiao 的 sdk，它还会校验应答的签名。平台证书为自签名时设置 NODE_EXTRA_CA_CERTS。',
    'Needs the SDK of kangqiao, which also verifies the signature of the response. For a self-signed certificate set NODE_EXTRA_CA_CERTS.',
  ],
  python: ['平台证书为自签名时设置 SSL_CERT_FILE。', 'For a self-signed certificate set SSL_CERT_FILE.'],
  java: ['JDK 17 或以上；保存为 Sign.java，用 java Sign.java 运行。', 'JDK 17 or later; save it as Sign.java and run java Sign.java.'],
  go: [
    'Go 1.21 或以上；保存为 sign.go，用 go run sign.go 运行。平台证书为自签名时设置 SSL_CERT_FILE。',
    'Go 1.21 or later; save it as sign.go and run go run sign.go. For a self-signed certificate set SSL_CERT_FILE.',
  ],
  module: [
    '国密方案需要 github.com/emmansun/gmsm：先运行 go mod init sign && go get github.com/emmansun/gmsm。',
    'The SM schemes need github.com/emmansun/gmsm: first run go mod init sign && go get github.com/emmansun/gmsm.',
  ],
  provider: [
    '国密方案需要 Bouncy Castle（bcprov-jdk18on）在类路径上。',
    'The SM schemes need Bouncy Castle (bcprov-jdk18on) on the class path.',
  ],
});

const LANGUAGES: Readonly<Record<ExampleLanguage, { readonly name: string; readonly write: (call: SignedCall) => string }>> = {
  shell: { name: 'curl', write: shellExample },
  node: { name: 'Node', write: nodeExample },
  java: { name: 'Java', write: javaExample },
  go: { name: 'Go', write: goExample },
  python: { name: 'Python', write: pythonExample },
};

type Interface = Output<'interfaces.list'>['items'][number];

/** Shows a call that is ready to run, with a key of the app and an interface that is granted to it. */
export function SigningExample({ appId }: { readonly appId: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const [address, setAddress] = useSearchParams();
  const grants = useListOf('grants.list', { appId });
  const interfaces = useListOf('interfaces.list', {});
  const keys = useListOf('keys.list', { appId });
  if (grants.data === undefined || interfaces.data === undefined || keys.data === undefined) return null;
  const granted = new Set(grants.data.items.map(({ interfaceId }) => interfaceId));
  const open = interfaces.data.items.filter((item) => item.front === 'open' && granted.has(item.interfaceId));
  const usable = keys.data.items.flatMap(({ keyId, state, purpose, scheme: ofKey }) => {
    // The examples sign in the form KQ1.
    const scheme = KQ1_SCHEMES.find((known) => known === ofKey);
    return scheme === undefined || purpose === 'encrypt' || (state !== 'ACTIVE' && state !== 'RETIRING') ? [] : [{ keyId, scheme }];
  });
  const called = open.find(({ interfaceId }) => interfaceId === address.get('interface')) ?? open[0];
  const key = usable.find(({ keyId }) => keyId === address.get('key')) ?? usable[0];
  const choose = (name: string, value: string) =>
    setAddress((now) => new URLSearchParams({ ...Object.fromEntries(now), tab: 'example', [name]: value }), { replace: true });
  if (called === undefined) {
    const next = (
      <>
        {t('nothingNext')} <Link to={`/callers/${appId}`}>{t('grants')}</Link>
      </>
    );
    return (
      <Panel>
        <EmptyState title={t('nothing')} next={next} />
      </Panel>
    );
  }
  return (
    <Panel>
      <div className={styles.stack}>
        <div className={styles.choices}>
          <label>
            {t('interface')}
            <Select
              aria-label={t('interface')}
              value={called.interfaceId}
              options={open.map(({ interfaceId, name, method, path }) => ({
                value: interfaceId,
                label: `${text(name)} · ${method} ${path}`,
              }))}
              onChange={(value) => choose('interface', value)}
            />
          </label>
          <label>
            {t('key')}
            <Select
              aria-label={t('key')}
              value={key?.keyId ?? null}
              options={usable.map(({ keyId, scheme }) => ({ value: keyId, label: `${keyId} · ${scheme}` }))}
              onChange={(value: string | null) => choose('key', value ?? '')}
            />
          </label>
        </div>
        {key === undefined ? <Alert type="warning" showIcon title={t('noKey')} /> : null}
        {called.state === 'offline' ? <Alert type="warning" showIcon title={t('offline')} /> : null}
        <Example
          key={called.interfaceId}
          appId={appId}
          called={called}
          keyId={key?.keyId ?? 'YOUR_KEY_ID'}
          scheme={key?.scheme ?? 'SM2-SM3'}
        />
      </div>
    </Panel>
  );
}

interface ExampleProps {
  readonly appId: string;
  readonly called: Interface;
  readonly keyId: string;
  readonly scheme: Kq1Scheme;
}

function Example({ appId, called, keyId, scheme }: ExampleProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const system = useQueryOf('system.get', {}, { enabled: may('system.read') });
  const [path, setPath] = useState(() => examplePath(called.path));
  const [typed, setTyped] = useState(() => pretty(exampleBody(called)));
  const [body, setBody] = useState(() => exampleBody(called));
  const type = (next: string) => {
    setTyped(next);
    const read = parseJson(next);
    if (read !== undefined) setBody(JSON.stringify(read.value));
  };
  const platformKey = system.data?.platformKey;
  const call: SignedCall = {
    url: system.data?.addresses['open'] ?? 'https://gateway.example:8443',
    ...{ appId, keyId, scheme, path: encodeURI(path), query: '', method: called.method },
    ...(body === undefined ? {} : { body }),
    ...(platformKey === undefined ? {} : { platformKey }),
    isKeyed: called.requireIdempotencyKey === true,
  };
  const isParameterised = called.path.includes('/:');
  return (
    <>
      <div className={styles.choices}>
        {isParameterised ? (
          <label>
            {t('path')}
            <Input aria-label={t('path')} value={path} onChange={(event) => setPath(event.target.value)} />
          </label>
        ) : null}
        {typed === undefined ? null : (
          <label>
            {t('body')}
            <Input.TextArea
              aria-label={t('body')}
              className={styles.body ?? ''}
              rows={Math.min(10, typed.split('\n').length)}
              value={typed}
              spellCheck={false}
              onChange={(event) => type(event.target.value)}
            />
            {parseJson(typed) === undefined ? <span className={styles.wrong}>{t('notJson')}</span> : null}
          </label>
        )}
      </div>
      <Tabs
        items={(Object.keys(LANGUAGES) as ExampleLanguage[]).map((language) => ({
          key: language,
          label: LANGUAGES[language].name,
          children: (
            <div className={styles.stack}>
              <div>
                {t(isHmac(scheme) ? 'secret' : 'file')} {t(language)} {language === 'java' && isSm(scheme) ? t('provider') : null}
                {language === 'go' && isSm(scheme) ? t('module') : null}
              </div>
              <CodeBlock label={LANGUAGES[language].name} text={LANGUAGES[language].write(call)} />
            </div>
          ),
        }))}
      />
    </>
  );
}

function pretty(body: string | undefined): string | undefined {
  return body === undefined ? undefined : JSON.stringify(JSON.parse(body), undefined, 2);
}
