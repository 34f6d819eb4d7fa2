import { Button, Form, Input, Segmented, Select } from 'antd';
import { Trash2 } from 'lucide-react';
import { FRONTS } from '../../../../engine/contract/access/access.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { AddButton } from '../../kit/form/item-buttons.tsx';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import styles from './calls.module.css';
import { METHODS, type RequestDraft, type WrongField } from './described-request.ts';
import { useNames } from './use-names.ts';

const TEXTS = defineTexts({
  front: ['网关', 'Front'],
  interface: ['按接口填写', 'Fill in for an interface'],
  interfaceHelp: ['选一个接口，按它的地址和格式填好示例。', 'Fills in an example that fits the address and formats of the interface.'],
  method: ['方法', 'Method'],
  target: ['路径与查询串', 'Path and query'],
  targetWrong: ['以 / 开头，中文等字符写成 % 编码', 'Begins with /; other characters are written as % escapes'],
  app: ['应用', 'App'],
  appHelp: [
    '假定这个应用已证明身份。不选时，由请求头证明身份。',
    'The app is assumed to have proved who it is. Without an app, the headers must prove it.',
  ],
  nobody: ['不假定', 'None'],
  user: ['用户令牌的内容（JSON）', 'Claims of the user’s token (JSON)'],
  userWrong: ['须为 JSON 对象', 'Must be a JSON object'],
  clientIp: ['来源地址', 'Address'],
  clientIpWrong: ['不是 IP 地址', 'Not an address'],
  headers: ['请求头', 'Headers'],
  headersWrong: ['名称只能含字母、数字和 -', 'Names consist of letters, digits and -'],
  name: ['名称', 'Name'],
  value: ['值', 'Value'],
  addHeader: ['添加请求头', 'Add a header'],
  removeHeader: ['删除第 {{number}} 个请求头', 'Remove header {{number}}'],
  body: ['请求体', 'Body'],
  noPersonal: ['不要填写真实的个人信息。', 'Use no real personal data.'],
});

interface RequestFormProps {
  readonly draft: RequestDraft;
  /** The interface that the draft was filled in for. */
  readonly interfaceId: string | undefined;
  /** Shown once the user has tried to simulate. */
  readonly wrong: readonly WrongField[];
  readonly onChange: (draft: RequestDraft) => void;
  readonly onInterface: (interfaceId: string) => void;
}

/** Describes a request. */
export function RequestForm({ draft, interfaceId, wrong, onChange, onInterface }: RequestFormProps) {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const { interfaceOptions, appOptions } = useNames();
  const set = (changed: Partial<RequestDraft>) => onChange({ ...draft, ...changed });
  const help = (field: WrongField, words: 'targetWrong' | 'userWrong' | 'clientIpWrong' | 'headersWrong') =>
    wrong.includes(field) ? { validateStatus: 'error' as const, help: t(words) } : {};
  return (
    <Form layout="vertical">
      <Form.Item label={t('interface')} extra={t('interfaceHelp')} htmlFor="simulate-interface">
        <Select
          id="simulate-interface"
          showSearch={{ optionFilterProp: 'label' }}
          value={interfaceId ?? null}
          options={[...interfaceOptions]}
          onChange={(chosen: string | null) => (chosen === null ? undefined : onInterface(chosen))}
        />
      </Form.Item>
      <Form.Item label={t('front')}>
        <Segmented
          aria-label={t('front')}
          value={draft.front}
          options={FRONTS.map((value) => ({ value, label: front(value) }))}
          onChange={(chosen) => set({ front: chosen })}
        />
      </Form.Item>
      <div className={styles.line}>
        <Form.Item label={t('method')} htmlFor="simulate-method" className={styles.method ?? ''}>
          <Select
            id="simulate-method"
            value={draft.method}
            options={METHODS.map((value) => ({ value, label: value }))}
            onChange={(method) => set({ method })}
          />
        </Form.Item>
        <Form.Item label={t('target')} htmlFor="simulate-target" {...help('target', 'targetWrong')}>
          <Input
            id="simulate-target"
            className="mono"
            maxLength={8000}
            value={draft.target}
            onChange={({ target }) => set({ target: target.value })}
          />
        </Form.Item>
      </div>
      <div className={styles.line}>
        <Form.Item label={t('app')} htmlFor="simulate-app" extra={t('appHelp')}>
          <Select
            id="simulate-app"
            showSearch={{ optionFilterProp: 'label' }}
            value={draft.appId}
            options={[{ value: '', label: t('nobody') }, ...appOptions]}
            onChange={(appId) => set({ appId })}
          />
        </Form.Item>
        <Form.Item label={t('clientIp')} htmlFor="simulate-ip" {...help('clientIp', 'clientIpWrong')}>
          <Input id="simulate-ip" value={draft.clientIp} onChange={({ target }) => set({ clientIp: target.value.trim() })} />
        </Form.Item>
      </div>
      {draft.front === 'user' ? (
        <Form.Item label={t('user')} htmlFor="simulate-user" {...help('user', 'userWrong')}>
          <Input.TextArea
            id="simulate-user"
            className="mono"
            rows={3}
            value={draft.user}
            onChange={({ target }) => set({ user: target.value })}
          />
        </Form.Item>
      ) : null}
      <Form.Item label={t('headers')} {...help('headers', 'headersWrong')}>
        <Headers headers={draft.headers} onChange={(headers) => set({ headers })} />
      </Form.Item>
      <Form.Item label={t('body')} htmlFor="simulate-body" extra={t('noPersonal')}>
        <Input.TextArea
          id="simulate-body"
          className="mono"
          maxLength={100_000}
          rows={8}
          value={draft.body}
          onChange={({ target }) => set({ body: target.value })}
        />
      </Form.Item>
    </Form>
  );
}

interface HeadersProps {
  readonly headers: RequestDraft['headers'];
  readonly onChange: (headers: RequestDraft['headers']) => void;
}

const MOST_HEADERS = 50;

function Headers({ headers, onChange }: HeadersProps) {
  const t = useTexts(TEXTS);
  const set = (at: number, changed: Partial<RequestDraft['headers'][number]>) =>
    onChange(headers.map((header, index) => (index === at ? { ...header, ...changed } : header)));
  return (
    <>
      {headers.map(({ name, value }, index) => (
        <div key={index} className={styles.header}>
          <Input
            aria-label={`${t('name')} ${index + 1}`}
            maxLength={64}
            value={name}
            onChange={({ target }) => set(index, { name: target.value.trim() })}
          />
          <Input
            aria-label={`${t('value')} ${index + 1}`}
            maxLength={8000}
            value={value}
            onChange={({ target }) => set(index, { value: target.value })}
          />
          <Button
            type="text"
            icon={<Trash2 size={16} />}
            aria-label={t('removeHeader', { number: index + 1 })}
            onClick={() => onChange(headers.filter((_header, at) => at !== index))}
          />
        </div>
      ))}
      <AddButton
        words={t('addHeader')}
        isOff={headers.length >= MOST_HEADERS}
        onClick={() => onChange([...headers, { name: '', value: '' }])}
      />
    </>
  );
}
