import type { Output } from '../../api/operation-types.ts';
import { Alert, Button, Checkbox, Modal, Upload } from 'antd';
import { Upload as UploadIcon } from 'lucide-react';
import { useState } from 'react';
import { useMutationOf, type MutationInput } from '../../api/queries.ts';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { parseJson } from '../../kit/code/parse-json.ts';
import styles from './flows-page.module.css';

const TEXTS = defineTexts({
  title: ['导入流程', 'Import flows'],
  help: [
    '选择导出的文件。同编号的草稿会被覆盖；会改动已有的适配器、接口、服务、名单等时，先列出改动，由您决定是否一并覆盖。流程不会自动发布，线上版本不变。凭据不在文件里，导入后在适配器里填写。',
    'Choose an exported file. Drafts with the same ids are replaced. If existing adapters, interfaces, services or lists would change, you see them first and decide. No flow is published; versions in service stay unchanged. Secrets are not in the file: enter them in the adapters.',
  ],
  choose: ['选择文件', 'Choose a file'],
  notOne: ['“{{name}}”不是导出的流程文件', '"{{name}}" is not an exported file'],
  holds: [
    '“{{name}}”：流程 {{flows}}，适配器 {{adapters}}，代码表 {{tables}}，接口 {{interfaces}}，服务 {{services}}，IP 名单 {{ipLists}}，规则组 {{ruleSets}}',
    '"{{name}}": {{flows}} {{flows|flow|flows}}, {{adapters}} {{adapters|adapter|adapters}}, {{tables}} code {{tables|table|tables}}, {{interfaces}} {{interfaces|interface|interfaces}}, {{services}} {{services|service|services}}, {{ipLists}} address {{ipLists|list|lists}}, {{ruleSets}} rule {{ruleSets|set|sets}}',
  ],
  replace: ['一并覆盖', 'Replace them too'],
  replaceHelp: [
    '保存后立即生效。适配器在其他环境的设置（文件中没有的）保持不变。',
    'Effective immediately. An adapter keeps its settings for environments that the file does not contain.',
  ],
  import: ['导入', 'Import'],
  close: ['关闭', 'Close'],
  cancel: ['取消', 'Cancel'],
  done: [
    '已导入：流程 {{flows}}，适配器 {{adapters}}，代码表 {{tables}}，接口 {{interfaces}}，服务 {{services}}，IP 名单 {{ipLists}}，规则组 {{ruleSets}}',
    'Imported: {{flows}} {{flows|flow|flows}}, {{adapters}} {{adapters|adapter|adapters}}, {{tables}} code {{tables|table|tables}}, {{interfaces}} {{interfaces|interface|interfaces}}, {{services}} {{services|service|services}}, {{ipLists}} address {{ipLists|list|lists}}, {{ruleSets}} rule {{ruleSets|set|sets}}',
  ],
});

type Bundle = MutationInput<'bundles.import'>['bundle'];

/** The chosen file. `bundle` is undefined if the file is not a bundle. */
interface Chosen {
  readonly name: string;
  readonly bundle: Bundle | undefined;
}

/** Imports a file from another installation. Either the whole file is refused, or all its documents become drafts. */
export function ImportBundleDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const [chosen, setChosen] = useState<Chosen>();
  const [replaces, setReplaces] = useState(false);
  const take = useMutationOf('bundles.import', ['flows', 'adapters', 'tables', 'interfaces', 'services', 'ip-lists', 'object-rules']);
  const choose = async (file: File) => {
    take.reset();
    setReplaces(false);
    setChosen({ name: file.name, bundle: bundleOf(parseJson(await file.text())?.value) });
  };
  const report = take.data;
  const bundle = chosen?.bundle;
  const wouldReplace = take.error?.code === 'BUNDLE_WOULD_REPLACE';
  const start = () => bundle !== undefined && take.mutate({ bundle, ...(replaces ? { replace: true } : {}) });
  return (
    <Modal
      open
      width={640}
      title={t('title')}
      okText={report === undefined ? t('import') : t('close')}
      cancelText={t('cancel')}
      cancelButtonProps={report === undefined ? {} : { hidden: true }}
      okButtonProps={{ disabled: bundle === undefined || (wouldReplace && !replaces) }}
      confirmLoading={take.isPending}
      onCancel={onClose}
      onOk={() => (report === undefined ? start() : onClose())}
    >
      <p>{t('help')}</p>
      {report === undefined ? (
        <Upload accept=".json,application/json" showUploadList={false} beforeUpload={(file) => (void choose(file), false)}>
          <Button icon={<UploadIcon size={16} />}>{t('choose')}</Button>
        </Upload>
      ) : null}
      <div className={styles.choice} aria-live="polite">
        {chosen === undefined || report !== undefined ? null : bundle === undefined ? (
          <Alert type="error" showIcon title={t('notOne', { name: chosen.name })} />
        ) : (
          <p>{t('holds', { name: chosen.name, ...countsOf(bundle) })}</p>
        )}
        {report === undefined ? null : <Report report={report} />}
        {take.error === null ? null : <ErrorBox error={take.error} />}
        {wouldReplace || replaces ? (
          <div hidden={report !== undefined}>
            <Checkbox checked={replaces} disabled={take.isPending} onChange={({ target }) => setReplaces(target.checked)}>
              {t('replace')}
            </Checkbox>
            <p>{t('replaceHelp')}</p>
          </div>
        ) : null}
      </div>
    </Modal>
  );
}

function Report({ report: { warnings, ...counts } }: { readonly report: Output<'bundles.import'> }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <Alert
      type={warnings === undefined ? 'success' : 'warning'}
      showIcon
      title={t('done', counts)}
      description={warnings?.map((issue, index) => (
        <p key={index}>
          <code>{issue.path}</code> {errorText(issue, language).what}
        </p>
      ))}
    />
  );
}

/**
 * Returns the bundle in a file. Earlier versions exported the document of a single flow, which is treated as a bundle
 * of one flow.
 */
function bundleOf(value: unknown): Bundle | undefined {
  if (!isRecord(value)) return undefined;
  if (value['schema'] === 'bundle/1') return value as Bundle;
  return typeof value['flowId'] === 'string' ? ({ schema: 'bundle/1', flows: [value] } as Bundle) : undefined;
}

function countsOf({ flows, adapters, tables, interfaces, services, ipLists, ruleSets }: Bundle) {
  const count = (list: unknown) => (Array.isArray(list) ? list.length : 0);
  return {
    ...{ flows: count(flows), adapters: count(adapters), tables: count(tables), interfaces: count(interfaces) },
    ...{ services: count(services), ipLists: count(ipLists), ruleSets: count(ruleSets) },
  };
}
