import { Input, Modal } from 'antd';
import { useState } from 'react';
import { useMutationOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { extractFlow } from '../model/commands/extract-flow.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { useCanvas, useCanvasTools } from './state/canvas-context.tsx';
import { select } from './state/selection.ts';

const TEXTS = defineTexts({
  title: ['提取为子流程', 'Extract into a new flow'],
  what: [
    '选中的 {{count}} 个节点会成为一条新流程，这里改为调用它。新流程要先发布，本流程才能发布。',
    'The {{count}} selected nodes become a new flow, which is called here. It must be published before this flow.',
  ],
  name: ['新流程的名称', 'Name of the new flow'],
  extract: ['提取', 'Extract'],
  cancel: ['取消', 'Cancel'],
  done: ['已提取为子流程“{{name}}”，请先发布它。', 'It is now the flow "{{name}}": publish that flow first.'],
});

export function ExtractDialog() {
  const nodes = useCanvas(({ extracting }) => extracting);
  return nodes === undefined ? null : <Dialog nodes={nodes} />;
}

function Dialog({ nodes }: { readonly nodes: readonly string[] }) {
  const t = useTexts(TEXTS);
  const tools = useCanvasTools();
  const save = useMutationOf('flows.save');
  const [name, setName] = useState('');
  const close = () => tools.canvas.getState().set({ extracting: undefined });
  const extract = async () => {
    const { history, types } = tools.editor.getState();
    const plan = extractFlow(history.document, types, { nodes, name: name.trim(), language: tools.language });
    if ('refusal' in plan) {
      tools.refuse(plan.refusal);
      return close();
    }
    await save.mutateAsync({ flowId: plan.flow.flowId, document: plan.flow });
    tools.perform(plan);
    select(tools, { nodes: [plan.nodeId] });
    tools.say(t('done', { name: name.trim() }), 'success');
    close();
  };
  const isNamed = name.trim() !== '';
  const submit = () => (isNamed && !save.isPending ? void extract().catch(() => undefined) : undefined);
  return (
    <Modal
      open
      title={t('title')}
      okText={t('extract')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: !isNamed }}
      confirmLoading={save.isPending}
      onOk={submit}
      onCancel={close}
    >
      <p>{t('what', { count: nodes.length })}</p>
      <label>
        {t('name')}
        <Input autoFocus maxLength={200} value={name} onChange={(event) => setName(event.target.value)} onPressEnter={submit} />
      </label>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}
