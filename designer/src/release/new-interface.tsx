import { Button, Input, Segmented, Select, Space } from 'antd';
import { CirclePower } from 'lucide-react';
import { useEffect, useState } from 'react';
import { FRONTS, type Front } from '../../../engine/contract/access/access.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../engine/contract/values/ids.ts';
import { useMutationOf } from '../api/queries.ts';
import { useMay } from '../session/session-context.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { FRONT_TEXTS } from './interface-parts.tsx';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { useAsk } from '../kit/approval/use-ask.tsx';
import { pathWord } from './path-word.ts';
import styles from './release.module.css';

const TEXTS = defineTexts({
  who: ['谁来调用', 'Who calls'],
  open: ['第三方应用，每次请求签名。', 'Apps of third parties; every request is signed.'],
  user: ['登录的市民，用令牌。', 'Logged-in citizens, with a token.'],
  bus: ['院内与机构内部系统，用总线令牌或证书。', 'Systems of hospitals and offices, with a bus token or a certificate.'],
  address: ['地址', 'Address'],
  method: ['方法', 'Method'],
  path: ['路径', 'Path'],
  wrong: ['只用字母、数字和 . _ ~ - / :，例如 appointments', 'Letters, digits and . _ ~ - / : only, for example appointments'],
  create: ['创建接口并上线', 'Create the interface and put it online'],
  ask: ['申请创建接口并上线', 'Request the interface to be created and put online'],
  about: [
    '申请在{{front}}开放 {{method}} {{path}}，通到这条流程。',
    'You request {{method}} {{path}} on the {{front}}, with this flow as its target.',
  ],
});

const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];

/**
 * Creates or requests a flow's first interface. It asks for the caller and the address. Everything else has safe
 * defaults that can be changed on the page of the interface.
 */
export function NewInterface({ flow }: { readonly flow: FlowDocument }) {
  const t = useTexts(TEXTS);
  const fronts = useTexts(FRONT_TEXTS);
  const save = useMutationOf('interfaces.save');
  const [front, setFront] = useState<Front>('open');
  const [method, setMethod] = useState<Method>('POST');
  const [path, setPath] = useState<string>();
  const suggested = usePathWord(flow.name['zh-CN']);
  const shown = path ?? suggested;
  const isWrong = !/^[A-Za-z0-9._~:/-]{1,200}$/.test(shown);
  const may = useMay();
  const isAble = may('interfaces.edit') && may('interfaces.publish');
  const ask = useAsk();
  const create = () => {
    const input = interfaceOf(flow, front, method, shown);
    if (isAble) save.mutate(input);
    else ask('interfaces.save', input, { about: t('about', { front: fronts(front), method, path: input.document.path }) });
  };
  return (
    <div className={styles.list} data-asks={!isAble}>
      <div>
        {t('who')}
        <Segmented<Front>
          block
          value={front}
          options={FRONTS.map((value) => ({ value, label: fronts(value) }))}
          onChange={setFront}
          aria-label={t('who')}
        />
        <span className={styles.hint}>{t(front)}</span>
      </div>
      <div>
        {t('address')}
        <Space.Compact block>
          <Select<Method>
            className={styles.method ?? ''}
            value={method}
            aria-label={t('method')}
            options={METHODS.map((value) => ({ value, label: value }))}
            onChange={setMethod}
          />
          <Input
            prefix={<span className={styles.hint}>/{front}/v1/</span>}
            value={shown}
            maxLength={200}
            aria-label={t('path')}
            status={isWrong && path !== undefined ? 'error' : ''}
            onChange={(event) => setPath(event.target.value)}
            onPressEnter={() => (isWrong ? undefined : create())}
          />
        </Space.Compact>
        {isWrong && path !== undefined ? <span className={styles.bad}>{t('wrong')}</span> : null}
      </div>
      <Button type="primary" icon={<CirclePower size={16} />} disabled={isWrong} loading={save.isPending} onClick={create}>
        {t(isAble ? 'create' : 'ask')}
      </Button>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </div>
  );
}

/** Returns the new interface. It does not log the content of messages, because this may be patient data. */
function interfaceOf({ flowId, name, domain, deadlineMs }: FlowDocument, front: Front, method: Method, path: string) {
  const interfaceId = createId('ifc');
  return {
    interfaceId,
    document: {
      ...{ interfaceId, revision: 0, name, domain, front, method, path: `/${front}/v1/${path}`, state: 'online' as const },
      dataClass: 'sensitive' as const,
      target: { kind: 'flow' as const, flowId },
      ...{ timeoutMs: deadlineMs, timeoutRetries: 0, exceptionRetries: 0, log: 'none' as const },
    },
  };
}

function usePathWord(name: string): string {
  const [word, setWord] = useState('');
  useEffect(() => {
    let isLate = false;
    void pathWord(name).then((found) => (isLate ? undefined : setWord(found)));
    return () => {
      isLate = true;
    };
  }, [name]);
  return word;
}
