import { Alert, Button } from 'antd';
import { Eye } from 'lucide-react';
import { Fragment } from 'react';
import type { PayloadAnswer } from '../../../api/operations.ts';
import { useMay } from '../../../session/session-context.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { useWhoMay } from '../../../kit/feedback/who-may.ts';
import { DataViewer } from '../../../viewer/data-viewer.tsx';
import { MessageFiles } from './message-files.tsx';
import { inputsOf, outputsOf, type Labelled } from './message-overlay.ts';
import { usePayload } from '../use-payload.ts';

const TEXTS = defineTexts({
  show: ['查看数据', 'Show the data'],
  why: ['数据可能含患者信息；查看会写入审计。', 'The data may contain patient data; viewing it writes an audit line.'],
  noRight: [
    '看不到数据：需要“查看消息数据”的权限，持有它的角色：{{roles}}。',
    'The data is not shown: this requires the right to see the data of messages, which these roles give: {{roles}}.',
  ],
  input: ['输入', 'Input'],
  output: ['输出', 'Output'],
  none: [
    '没有留存数据：流程的留存级别不含数据，或这里没有经过。',
    'No data is kept: the flow does not record it, or no message came through here.',
  ],
});

interface Props {
  readonly executionId: string;
  /** A text that changes when the message continues. The data is then loaded again. */
  readonly state: string;
  /** The selected node. Without a node, the message is shown as it arrived. */
  readonly nodeId: string | undefined;
  readonly isWanted: boolean;
  readonly onWant: () => void;
}

export function MessageData({ executionId, state, nodeId, isWanted, onWant }: Props) {
  const t = useTexts(TEXTS);
  const mayLook = useMay()('executions.payload');
  const whoMay = useWhoMay();
  const payload = usePayload(executionId, state, isWanted && mayLook);
  if (!mayLook) return <Alert type="info" showIcon title={t('noRight', { roles: whoMay('executions.payload') })} />;
  if (payload.error !== null) return <ErrorBox error={payload.error} onRetry={() => void payload.refetch()} />;
  if (isWanted && payload.data !== undefined) return <Data details={payload.data} nodeId={nodeId} />;
  return (
    <div>
      <Button type="primary" icon={<Eye size={16} />} loading={payload.isFetching} onClick={onWant}>
        {t('show')}
      </Button>
      <p>{t('why')}</p>
    </div>
  );
}

interface DataProps {
  readonly details: PayloadAnswer;
  readonly nodeId: string | undefined;
}

function Data({ details, nodeId }: DataProps) {
  const t = useTexts(TEXTS);
  const { input, reply } = details;
  const inputs: readonly Labelled[] =
    nodeId === undefined ? (input === undefined ? [] : [{ from: '', message: input }]) : inputsOf(details, nodeId);
  const outputs: readonly Labelled[] =
    nodeId === undefined
      ? reply === undefined
        ? []
        : [{ from: String(reply.status), message: reply.message }]
      : outputsOf(details, nodeId);
  if (inputs.length + outputs.length === 0) return <p>{t('none')}</p>;
  return (
    <>
      <Messages label={t('input')} messages={inputs} executionId={details.executionId} />
      <Messages label={t('output')} messages={outputs} executionId={details.executionId} />
    </>
  );
}

interface MessagesProps {
  readonly label: string;
  readonly messages: readonly Labelled[];
  readonly executionId: string;
}

function Messages({ label, messages, executionId }: MessagesProps) {
  return messages.map(({ from, message }, index) => (
    <Fragment key={index}>
      <DataViewer label={from === '' ? label : `${label} · ${from}`} message={message} />
      <MessageFiles executionId={executionId} message={message} />
    </Fragment>
  ));
}
