import { Type } from 'typebox';
import { defineNode, outPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText, Text } from '../../engine/contract/values/texts.ts';

/**
 * Starts an execution for every call of a published interface. The gateway receives the call, so this trigger opens
 * no listener.
 */
export default defineNode({
  type: 'interface.call',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'door-open',
  text: {
    label: { 'zh-CN': '接口请求触发', en: 'Interface call' },
    help: { 'zh-CN': '每次接口被调用即运行本流程。', en: 'Runs the flow for every call of its interface.' },
    words: 'REST API HTTP',
  },
  ports: { in: [], out: [outPort] },
  keyNames: () => [],
  samples: [
    {
      name: { 'zh-CN': '预约请求', en: 'A booking' },
      data: { body: { department: '01', date: '2026-06-01', patient: { patientId: 'P000001', name: '测试甲' } }, query: {}, params: {} },
    },
  ],
  config: Type.Object(
    {
      description: Type.Optional(
        Type.Object(Text.properties, {
          ...fieldText('说明', 'Description', '显示在接口文档中。', 'Shown on the API page.'),
          ...fieldEditor('text-both'),
          additionalProperties: false,
        }),
      ),
      schema: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          ...fieldText(
            '请求体的 JSON Schema',
            'JSON Schema of the body',
            '用于接口文档和设计器补全；校验请用“数据校验”节点。',
            'For the API page and completion; to check the body, use the check node.',
          ),
          ...fieldEditor('json-schema'),
        }),
      ),
    },
    { additionalProperties: false },
  ),
});
