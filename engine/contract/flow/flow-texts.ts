/**
 * Texts for the fields of a flow document, shown in the console's forms, on the API page and in
 * docs/reference/flow-document.md.
 */
import { fieldText } from '../values/texts.ts';

export const FLOW_TEXTS = {
  schema: fieldText('文档格式', 'Schema', '固定为 flow/1。', 'The version of the document format: always flow/1.'),
  flowId: fieldText('编号', 'Id', 'flw_ 开头；保存后不能更改。', 'Begins with flw_; it never changes.', { example: 'flw_appointment' }),
  revision: fieldText(
    '修订号',
    'Revision',
    '草稿每保存一次加一。保存时须与平台上的一致，否则拒绝（409）。新流程为 0。',
    'Each save of the draft adds one. A save must give the stored revision, or it is refused (409). A new flow has 0.',
  ),
  name: fieldText('名称', 'Name', '两种语言的名称。', 'The name in both languages.'),
  description: fieldText('说明', 'Description', '写给同事：这个流程做什么，找谁。', 'For colleagues: what it does and whom to ask.'),
  domain: fieldText(
    '服务域',
    'Domain',
    '医院或部门；只有拥有该服务域的账号能查看和修改。',
    'A hospital or department; accounts with this domain see and edit it.',
    {
      example: 'hospital-a',
    },
  ),
  sharedWith: fieldText(
    '共享给',
    'Shared with',
    '这些服务域的流程可以把它作为子流程调用，但不能修改；* 表示全部服务域。',
    'Flows of these domains may call this one but not change it; * means every domain.',
  ),
  tags: fieldText('标签', 'Tags', '用于在列表中查找。', 'For finding the flow in lists.'),
  mode: fieldText(
    '模式',
    'Mode',
    '同步：调用方等待回复。可靠异步：先存储、再回执，之后一定处理。',
    'Sync: the caller waits for the reply. Durable: the message is stored, then acknowledged, then processed.',
    { options: { sync: ['同步', 'Sync'], durable: ['可靠异步', 'Durable'] } },
  ),
  deadlineMs: fieldText(
    '流程时限',
    'Deadline',
    '同步流程从收到消息起算，到时还没结束就算失败。可靠异步流程不受此限，没有调用方在等待。',
    'In a sync flow it is counted from the arrival of the message; an execution that has not ended by then fails. Durable flows are not limited by it, since no caller waits.',
  ),
  nodes: fieldText('节点', 'Nodes', '流程的各个步骤，其中恰有一个触发器。', 'The steps of the flow; one of them is the trigger.'),
  edges: fieldText(
    '连线',
    'Edges',
    '消息从一个节点的端口走到另一个节点的端口。',
    'Connections that carry messages from a port of one node to a port of another.',
  ),
  ingress: fieldText(
    '入口',
    'Ingress',
    '收到消息时做什么：去重、排队、取业务键。',
    'What happens when a message arrives: dedupe, lane, business keys.',
  ),
  recording: fieldText(
    '留存',
    'Recording',
    '运行记录留存什么、留存多久。不填时用平台的默认值。',
    'What is kept of executions, and for how long. If left out, the defaults of the platform apply.',
  ),
  tests: fieldText(
    '保存的测试',
    'Saved tests',
    '发布前全部运行；有一个不通过就不能发布。',
    'All tests run before the flow is published; if one fails, the flow is not published.',
  ),
  layout: fieldText(
    '布局',
    'Layout',
    '画布上的位置、分组和便签；不影响运行。',
    'Positions, groups and notes on the canvas; it has no effect on execution.',
  ),
} as const;

export const NODE_TEXTS = {
  id: fieldText('编号', 'Id', 'n_ 开头；连线和表达式按它引用。', 'Begins with n_; edges and expressions name it.', { example: 'n_book' }),
  type: fieldText('节点类型', 'Node type', '类型名@主版本；见 nodes/。', 'The name of the type and its major version; see nodes/.', {
    example: 'soap.call@1',
  }),
  label: fieldText('名称', 'Label', '画布上显示的名称；可以随时改。', 'Shown on the canvas; you can change it at any time.'),
  config: fieldText('配置', 'Configuration', '由节点类型规定；见 nodes/。', 'Its fields are those of the node type; see nodes/.'),
  adapter: fieldText(
    '适配器',
    'Adapter',
    '节点通过它与对方系统通信；地址按环境决定。',
    'The adapter that the node uses; its address depends on the environment.',
    { example: 'adp_hospital_a_his' },
  ),
  handling: fieldText('处理方式', 'Handling', '超时、重试和出错时怎么办。', 'How the node handles time-outs, retries and errors.'),
  disabled: fieldText('停用', 'Disabled', '消息原样通过，节点不运行。', 'The node does not run; the message passes through unchanged.'),
} as const;

export const HANDLING_TEXTS = {
  timeoutMs: fieldText(
    '单次时限',
    'Time-out of one attempt',
    '超过后本次尝试算失败。不填时由适配器的超时和流程的时限决定。',
    'An attempt that takes longer fails. If left out, the adapter’s time-out and the flow’s deadline apply.',
  ),
  retry: fieldText(
    '重试',
    'Retry',
    '不填时：可靠异步流程的动作节点最多重试 100 次，其余不重试。',
    'If left out, actions of a durable flow are retried up to 100 times; nothing else is retried.',
  ),
  onError: fieldText(
    '重试用完仍失败时',
    'When retries are used up',
    '决定这条消息接下来去哪里。不填时：错误端口有连线就走错误分支，否则失败。写操作结果不明时一律挂起，除非在此明确选错误分支，或有捕获节点写明“结果不明”。',
    'Decides where this message continues. If left out: the error branch if one is connected, otherwise the run fails. A write whose outcome is unknown is always held, unless the error branch is chosen here or a catch names “Unknown outcome”.',
    {
      options: {
        port: ['走错误分支（连到“错误”端口的节点）', 'Take the error branch (connected to the error port)'],
        fail: ['让整次运行失败', 'The whole run fails'],
        continue: ['忽略错误，带着原来的输入继续', 'Ignore the error and continue with the input'],
      },
    },
  ),
  exhausted: fieldText(
    '最终失败后',
    'When it fails permanently',
    '只在没有错误分支接住时生效；同步流程只把失败告诉调用方。',
    'Only if no error branch handles it; a sync flow just returns the error to its caller.',
    {
      options: {
        hold: ['挂起，待人工处理（同一通道的后续消息一起等待）', 'Hold it for a decision (later messages of the lane wait too)'],
        skip: ['放弃这条消息，继续后面的', 'Give up this message and continue with the next'],
        'dead-letter': ['放入死信，继续后面的（之后可重放）', 'Move it to the dead letters and continue (it can be replayed)'],
      },
    },
  ),
  record: fieldText(
    '留存内容',
    'What is kept',
    '决定消息页面上能看到这个节点的什么；失败时的错误总会留存。',
    'What the message page can show of this node; errors are always kept.',
    {
      options: {
        full: ['输入和输出（加密）', 'Input and output (sealed)'],
        keys: ['只有状态、用时和业务键', 'Only status, duration and business keys'],
        none: ['什么都不留', 'Nothing'],
      },
    },
  ),
} as const;

export const RETRY_TEXTS = {
  max: fieldText('最多重试', 'Maximum retries', '第一次之外再试几次；0 表示不重试。', 'Attempts after the first; 0 for none.'),
  baseMs: fieldText('首次间隔', 'First pause'),
  factor: fieldText('间隔倍数', 'Pause factor', '每次间隔是上一次的几倍。', 'Each pause is the one before, multiplied by this factor.'),
  capMs: fieldText('最长间隔', 'Longest pause'),
  totalMs: fieldText(
    '重试总时限',
    'Total time for retries',
    '从第一次尝试算起，超过后不再重试，按“重试用完”处理。不填时只看次数。',
    'Counted from the first attempt: after this time there is no further retry. If left out, only the number of retries counts.',
  ),
  on: fieldText(
    '哪些失败重试',
    'Which failures',
    '内容有误的消息从不重试。结果不明的写入只在对方保证幂等时重试，否则会在对方重复登记。',
    'A wrong message is never retried. A write with an unknown outcome is retried only if the other side is idempotent: otherwise it might be done twice.',
    {
      options: {
        transient: ['暂时故障（对方什么也没做）', 'Temporary (nothing was done)'],
        'unknown-outcome': ['结果不明', 'Outcome unknown'],
      },
    },
  ),
} as const;

export const EDGE_TEXTS = {
  id: fieldText('编号', 'Id', 'e_ 开头。', 'Begins with e_.'),
  from: fieldText('起点', 'From', '消息离开的节点和端口。', 'The node and port that a message leaves.'),
  to: fieldText('终点', 'To', '消息进入的节点和端口。', 'The node and port that it enters.'),
  node: fieldText('节点', 'Node', '节点的编号。', 'Id of the node.'),
  port: fieldText('端口', 'Port', '端口的名称；每种节点有哪些端口，见 nodes/。', 'Name of the port; see nodes/ for those of each type.'),
} as const;

export const INGRESS_TEXTS = {
  dedupe: fieldText(
    '去重',
    'Dedupe',
    '窗口内同键的消息只处理一次。',
    'A message with a key that was received before is not processed again.',
  ),
  dedupeKey: fieldText(
    '去重键',
    'Dedupe key',
    '同键的消息只处理一次；调用方自带的 Idempotency-Key 与它同时有效。',
    'Messages with the same key are processed once; a caller’s Idempotency-Key counts as well.',
    { example: 'headers.`x-request-id`' },
  ),
  windowSec: fieldText(
    '窗口',
    'Window',
    '多久之内算重复；不得长于留存天数。',
    'How long a repeated message is recognised; not longer than the record is kept.',
  ),
  lane: fieldText(
    '顺序',
    'Order',
    '只用于可靠异步流程：同一通道的消息依次处理。',
    'For durable flows: the messages of one lane run one after the other.',
  ),
  laneKey: fieldText('通道键', 'Lane key', '同键的消息严格按到达顺序依次处理。', 'Messages of one key run strictly one after the other.', {
    example: 'data.patient.id',
  }),
  ack: fieldText(
    '回执时机',
    'Acknowledgement',
    '固定为存储之后：回执发出时消息已经落盘。',
    'Always after the message is stored: an acknowledged message is on disk.',
    { options: { 'after-persist': ['存储之后', 'After it is stored'] } },
  ),
  keys: fieldText(
    '业务键',
    'Business keys',
    '按它们查找消息；只保存脱敏后的标记，不保存原值。',
    'For finding messages; only tokens are stored, never the values.',
    { example: 'patient = data.patient.id' },
  ),
} as const;

export const RECORDING_TEXTS = {
  level: fieldText('留存级别', 'Level', '失败总会留存。', 'Failures are always kept.', {
    options: {
      full: ['完整内容（加密）', 'Whole content (sealed)'],
      keys: ['只有状态和业务键', 'Only status and business keys'],
      none: ['不留存成功的运行', 'Successful runs are not kept'],
    },
  }),
  retainDays: fieldText('留存天数', 'Days kept', '至少与去重窗口一样长。', 'At least as long as the dedupe window.'),
  perSecond: fieldText(
    '每秒最多留存',
    'Kept per second at most',
    '同步流程每秒留存多少次成功的运行；失败不受限制。',
    'Successful runs of a sync flow kept per second; failures have no limit.',
  ),
  megabytesPerDay: fieldText(
    '每天最多留存（MB）',
    'Kept per day at most (MB)',
    '额度用尽后，当天其余成功的消息只留下状态和业务键，失败的仍留内容，最多一周。',
    'Beyond this, successful messages of the day keep only status and business keys; failed ones keep their content for at most a week.',
  ),
} as const;

export const TEST_TEXTS = {
  name: fieldText('名称', 'Name', '说明它检查什么。', 'Says what it checks.'),
  input: fieldText('输入', 'Input', '触发器收到的消息。', 'The message that the trigger produces.'),
  data: fieldText('数据', 'Data', '消息的内容，JSON。', 'The content of the message, as JSON.'),
  mediaType: fieldText('媒体类型', 'Media type', '不填时为 application/json。', 'application/json if left out.'),
  charset: fieldText(
    '字符集',
    'Character set',
    '文本内容的字符集名称，例如 GB18030。',
    'The charset of text content, for example GB18030.',
  ),
  headers: fieldText('消息头', 'Headers', '小写名称和值。', 'Lower-case names and values.'),
  keys: fieldText('业务键', 'Business keys', '触发器从消息中取得的业务键。', 'The business keys that the trigger read from the message.'),
  mocks: fieldText(
    '代答',
    'Mocks',
    '节点编号到代答内容；连接外部的节点必须代答，测试不会真的发出。',
    'The result of each node, by node id. Nodes that call other systems need one, because a test sends nothing.',
  ),
  emit: fieldText('输出', 'Emits', '端口名称到数据：节点代答成功。', 'The data by port: the node succeeds.'),
  error: fieldText('错误', 'Error', '节点代答失败。', 'The node fails.'),
  errorCode: fieldText('错误代码', 'Error code', '例如 HTTP_REFUSED；见 errors.md。', 'For example HTTP_REFUSED; see errors.md.'),
  errorKind: fieldText(
    '错误类别',
    'Kind of the error',
    'input、transient、unknown-outcome 或 bug；决定能否重试。',
    'input, transient, unknown-outcome or bug; it determines whether the call is retried.',
  ),
  errorMessage: fieldText('错误说明', 'Message of the error', '英文说明。', 'What the error says, in English.'),
  expect: fieldText('期望', 'Expectations', '全部满足才算通过。', 'The test passes if all of them are met.'),
  node: fieldText(
    '节点',
    'Node',
    '检查这个节点的输出；不填时检查回复。',
    'The node whose output is checked; if left out, the reply is checked.',
  ),
  path: fieldText(
    '路径',
    'Path',
    'JSON Pointer。检查回复时从 {status, headers, data, error} 开始；检查节点时先写端口，例如 /ok/code。',
    'JSON Pointer into {status, headers, data, error} of the reply; for a node it begins with the port: /ok/code.',
    { example: '/data/code' },
  ),
  equals: fieldText('等于', 'Equals', '该处的值等于它。', 'The value there equals this one.'),
  exists: fieldText('存在', 'Exists', '该处有值（true）或没有值（false）。', 'There is a value (true), or none (false).'),
  matches: fieldText('匹配', 'Matches', '该处的文本匹配这个正则（RE2）。', 'The text there matches this pattern (RE2).'),
} as const;

export const LAYOUT_TEXTS = {
  nodes: fieldText('节点位置', 'Positions of nodes', '节点编号到 [横, 纵] 坐标。', 'The position of each node by its id, [x, y].'),
  groups: fieldText('分组', 'Groups', '围住若干节点的框；位置随节点而定。', 'Frames around nodes; their position follows from the nodes.'),
  notes: fieldText('便签', 'Notes', '画布上的文字。', 'Texts on the canvas.'),
  noteId: fieldText('编号', 'Id', 'note_ 开头。', 'Begins with note_.'),
  noteText: fieldText('文字', 'Text', '便签的内容。', 'The text of the note.'),
  x: fieldText('横坐标', 'X', '左上角的横坐标。', 'Of the upper left corner.'),
  y: fieldText('纵坐标', 'Y', '左上角的纵坐标。', 'Of the upper left corner.'),
  width: fieldText('宽', 'Width', '画布单位。', 'In canvas units.'),
  height: fieldText('高', 'Height', '画布单位。', 'In canvas units.'),
  colour: fieldText('颜色', 'Colour', '颜色的名称；实际颜色随主题而定。', 'Name of a colour; the theme defines how it looks.'),
  groupId: fieldText('编号', 'Id', 'group_ 开头。', 'Begins with group_.'),
  groupLabel: fieldText('名称', 'Label', '框上显示的名称。', 'The text of the frame.'),
  groupNodes: fieldText('节点', 'Nodes', '框内节点的编号。', 'Ids of the nodes inside.'),
} as const;
