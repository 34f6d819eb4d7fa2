import { Checkbox, Form, Input, Radio } from 'antd';
import { FRONTS, type Front } from '../../../../engine/contract/access/access.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DomainSelect, useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { EntryDialog, useRequired, requireOne } from './entry-dialog.tsx';

const TEXTS = defineTexts({
  create: ['新建名单', 'New list'],
  nameZh: ['中文名称', 'Name in Chinese'],
  nameEn: ['英文名称', 'Name in English'],
  kind: ['种类', 'Kind'],
  black: ['黑名单：拒绝所列地址', 'Black list: refuses its addresses'],
  white: ['白名单：只允许所列地址', 'White list: allows only its addresses'],
  domain: ['服务域', 'Domain'],
  domainHelp: [
    '不选则属于整个平台，须有全部服务域才能修改。',
    'Without a domain it belongs to the whole installation, and only accounts with all domains edit it.',
  ],
  fronts: ['网关', 'Fronts'],
  open: ['开放网关', 'Open front'],
  user: ['用户网关', 'User front'],
  bus: ['总线网关', 'Bus front'],
  missing: ['请选择', 'Choose at least one'],
  everywhere: ['对谁生效', 'Applies to'],
  named: ['只对引用它的接口', 'Interfaces that name it'],
  all: ['所选网关的全部请求（选了服务域时，为该服务域的全部接口）', 'Every request of these fronts (with a domain: all its interfaces)'],
  whiteWarning: [
    '白名单全部生效后，名单为空时所有地址都被拒绝；请先建好条目，再改为全部生效。',
    'An empty white list that applies to every request refuses all addresses.',
  ],
});

interface Values {
  readonly zhCN: string;
  readonly en: string;
  readonly kind: 'black' | 'white';
  readonly domain?: string;
  readonly fronts: Front[];
  readonly everywhere: boolean;
}

interface NewIpListProps {
  readonly onClose: () => void;
  readonly onMade: (listId: string) => void;
}

export function NewIpList(props: NewIpListProps) {
  const start = useStartDomain();
  // Wait until the domain is loaded, so that the form has it from the start.
  return start === undefined ? null : <Dialog {...props} start={start} />;
}

function Dialog({ start, onClose, onMade }: NewIpListProps & { readonly start: string }) {
  const t = useTexts(TEXTS);
  const hasAll = useMe().domains === 'all';
  const required = useRequired();
  const save = useMutationOf('ip-lists.save');
  const submit = async ({ zhCN, en, domain, ...rest }: Values) => {
    const listId = createId('ipl');
    const owner = domain === undefined ? {} : { domain };
    await save.mutateAsync({ listId, document: { listId, revision: 0, name: { 'zh-CN': zhCN, en }, ...owner, ...rest, entries: [] } });
    onClose();
    onMade(listId);
  };
  return (
    <EntryDialog<Values>
      title={t('create')}
      isPending={save.isPending}
      error={save.error}
      initialValues={{ kind: 'black', fronts: [...FRONTS], everywhere: false, ...(hasAll ? {} : { domain: start }) }}
      onClose={onClose}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
    >
      <Form.Item name="zhCN" label={t('nameZh')} rules={[required]}>
        <Input autoFocus maxLength={200} />
      </Form.Item>
      <Form.Item name="en" label={t('nameEn')} rules={[required]}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="kind" label={t('kind')} extra={t('whiteWarning')}>
        <Radio.Group options={(['black', 'white'] as const).map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="domain" label={t('domain')} extra={t('domainHelp')} rules={hasAll ? [] : [required]}>
        <DomainSelect label={t('domain')} isOptional={hasAll} />
      </Form.Item>
      <Form.Item name="fronts" label={t('fronts')} rules={[requireOne(t('missing'))]}>
        <Checkbox.Group options={FRONTS.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="everywhere" label={t('everywhere')}>
        <Radio.Group
          options={[
            { value: false, label: t('named') },
            { value: true, label: t('all') },
          ]}
        />
      </Form.Item>
    </EntryDialog>
  );
}
