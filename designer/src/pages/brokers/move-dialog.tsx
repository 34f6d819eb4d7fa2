/** Moves messages: asks where to, then shows how many were moved, and can be stopped. */
import { Alert, Form, Input, Modal, Radio } from 'antd';
import { useMemo, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { callWithProgress } from '../../api/client.ts';
import type { Output } from '../../api/operation-types.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ProgressDialog, type Work } from '../../kit/feedback/progress-dialog.tsx';
import type { Destination } from './broker-texts.ts';

const TEXTS = defineTexts({
  title: ['移动“{{name}}”中的消息', 'Move the messages of "{{name}}"'],
  where: ['移到', 'To'],
  back: ['各自的来源（死信重新投递）', 'Where each came from (dead letters are delivered again)'],
  other: ['另一个队列或主题', 'Another queue or topic'],
  name: ['名称', 'Name'],
  missing: ['请填写名称', 'Enter a name'],
  effect: [
    '移动现有的消息；每条先存入新的位置，再从这里删除，不会丢失。没有来源的消息留在原处。',
    'Moves the messages that are there now. Each is stored at the new place before it is removed here, so none is lost. Messages without a source stay.',
  ],
  move: ['移动', 'Move'],
  cancel: ['取消', 'Cancel'],
  moved: ['已移动 {{count}} 条', '{{count}} {{count|message|messages}} moved'],
  left: [
    '{{count}} 条留在原处：没有写明来源，或来源不存在',
    '{{count}} {{count|message stays|messages stay}}: no source is named, or it does not exist',
  ],
});

type Result = Output<'brokers.move'>;

interface MoveDialogProps {
  readonly adapterId: string;
  readonly destination: Destination;
  readonly onClose: () => void;
}

interface Values {
  readonly where: 'back' | 'other';
  readonly to?: string;
}

export function MoveDialog({ adapterId, destination, onClose }: MoveDialogProps) {
  const t = useTexts(TEXTS);
  const [form] = Form.useForm<Values>();
  const where = Form.useWatch('where', form) ?? 'back';
  const [order, setOrder] = useState<Values>();
  const { name } = destination;
  if (order !== undefined) return <Moving adapterId={adapterId} destination={destination} order={order} onClose={onClose} />;
  return (
    <Modal open title={t('title', { name })} okText={t('move')} cancelText={t('cancel')} onCancel={onClose} onOk={() => form.submit()}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ where: 'back' }} onFinish={setOrder}>
        <p>{t('effect')}</p>
        <Form.Item name="where" label={t('where')}>
          <Radio.Group
            options={[
              { value: 'back', label: t('back') },
              { value: 'other', label: t('other') },
            ]}
          />
        </Form.Item>
        {where === 'other' ? (
          <Form.Item name="to" label={t('name')} rules={[{ required: true, whitespace: true, message: t('missing') }]}>
            <Input maxLength={255} />
          </Form.Item>
        ) : null}
      </Form>
    </Modal>
  );
}

function Moving({ adapterId, destination, order, onClose }: MoveDialogProps & { readonly order: Values }) {
  const t = useTexts(TEXTS);
  const client = useQueryClient();
  const { kind, name, messages = 0 } = destination;
  const work = useMemo<Work<Result>>(
    () => ({
      title: t('title', { name }),
      async run(report, signal) {
        const input = { adapterId, kind, name, ...(order.to === undefined ? {} : { to: order.to.trim() }) };
        const hear = ({ moved }: { readonly moved: number }) => report({ done: moved, of: Math.max(messages, moved) });
        try {
          return await callWithProgress('brokers.move', input, hear, { signal });
        } finally {
          void client.invalidateQueries({ queryKey: ['brokers.destinations'] });
        }
      },
      show: ({ moved, left }) => (
        <Alert
          type={left === 0 ? 'success' : 'warning'}
          showIcon
          title={t('moved', { count: moved })}
          description={left === 0 ? undefined : t('left', { count: left })}
        />
      ),
    }),
    // The order is made once; a list that is read again must not start another move.
    [],
  );
  return <ProgressDialog work={work} onClose={onClose} />;
}
