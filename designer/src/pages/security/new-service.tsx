import { Form, Input, Radio, Select } from 'antd';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DomainSelect, useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { EntryDialog, useRequired } from './entry-dialog.tsx';

const TEXTS = defineTexts({
  create: ['新建服务', 'New service'],
  nameZh: ['中文名称', 'Name in Chinese'],
  nameEn: ['英文名称', 'Name in English'],
  domain: ['服务域', 'Domain'],
  group: ['分组（可不填）', 'Group (optional)'],
  callers: ['谁可以调用', 'Who may call'],
  any: ['有授权的应用，不论服务域', 'Apps with a grant, of any domain'],
  some: ['只有本服务域和以下服务域的应用', 'Only apps of its own domain and of these'],
  others: ['其他服务域', 'Other domains'],
  othersHelp: ['不填则只有本服务域的应用可以调用。', 'If left out, only apps of its own domain may call.'],
});

interface Values {
  readonly zhCN: string;
  readonly en: string;
  readonly domain: string;
  readonly group?: string;
  readonly callers: 'any' | 'some';
  readonly others?: string[];
}

export function NewService({ onClose }: { readonly onClose: () => void }) {
  const start = useStartDomain();
  // Wait until the domain is loaded, so that the form has it from the start.
  return start === undefined ? null : <Dialog start={start} onClose={onClose} />;
}

function Dialog({ start, onClose }: { readonly start: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const required = useRequired();
  const save = useMutationOf('services.save');
  const submit = async ({ zhCN, en, domain, group = '', callers, others = [] }: Values) => {
    const serviceId = createId('svc');
    const more = { ...(group.trim() === '' ? {} : { group: group.trim() }), ...(callers === 'any' ? {} : { callerDomains: others }) };
    await save.mutateAsync({
      serviceId,
      document: { serviceId, revision: 0, name: { 'zh-CN': zhCN, en }, domain, state: 'online', ...more },
    });
    onClose();
  };
  return (
    <EntryDialog<Values>
      title={t('create')}
      isPending={save.isPending}
      error={save.error}
      initialValues={{ domain: start, callers: 'any' }}
      onClose={onClose}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
    >
      <Form.Item name="zhCN" label={t('nameZh')} rules={[required]}>
        <Input autoFocus maxLength={200} />
      </Form.Item>
      <Form.Item name="en" label={t('nameEn')} rules={[required]}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="domain" label={t('domain')} rules={[required]}>
        <DomainSelect label={t('domain')} />
      </Form.Item>
      <Form.Item name="group" label={t('group')}>
        <Input maxLength={64} />
      </Form.Item>
      <Form.Item name="callers" label={t('callers')}>
        <Radio.Group options={(['any', 'some'] as const).map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item noStyle dependencies={['callers']}>
        {({ getFieldValue }) =>
          getFieldValue('callers') === 'some' ? (
            <Form.Item name="others" label={t('others')} extra={t('othersHelp')}>
              <Select mode="tags" aria-label={t('others')} maxCount={100} />
            </Form.Item>
          ) : null
        }
      </Form.Item>
    </EntryDialog>
  );
}
