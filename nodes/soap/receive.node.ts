import { Type, type Static } from 'typebox';
import type { ConfigProblem } from '../../engine/contract/node/node.ts';
import { defineNode, outPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { ELEMENT_NAME, nameProblem } from './front/service.ts';
import { createSoapDoor } from './front/soap-door.ts';

const Schema = (zh: string, en: string, helpZh: string, helpEn: string) =>
  Type.Record(Type.String(), Type.Unknown(), {
    ...fieldText(zh, en, helpZh, helpEn),
    ...fieldEditor('json-schema'),
    default: { type: 'object' },
  });

const Config = Type.Object(
  {
    service: Type.String({
      ...fieldText('服务名', 'Service', 'WSDL 中服务的名称。', 'Name of the service in the WSDL.', { example: 'Registration' }),
      pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$',
      maxLength: 100,
    }),
    namespace: Type.String({
      ...fieldText('命名空间', 'Namespace', '请求和应答元素的命名空间。', 'Of the elements of requests and responses.', {
        example: 'urn:city:registration',
      }),
      minLength: 1,
      maxLength: 500,
      pattern: '^[^\\s<>"]+$',
    }),
    address: Type.String({
      ...fieldText(
        '对外地址',
        'Address',
        '写入 WSDL，即接口在网关上的地址。',
        'Written to the WSDL: the address of the interface at the gateway.',
        {
          example: 'https://bus.city.example/bus/v1/registration',
        },
      ),
      pattern: '^https?://[^\\s<>"]+$',
      maxLength: 1000,
    }),
    operations: Type.Array(
      Type.Object(
        {
          name: Type.String({
            ...fieldText(
              '操作',
              'Operation',
              '也是请求元素的名称；应答元素名再加 Response。',
              'Also the name of the request’s element; that of the response ends in Response.',
              {
                example: 'Register',
              },
            ),
            pattern: ELEMENT_NAME,
            maxLength: 100,
          }),
          about: Type.Optional(Type.String({ ...fieldText('说明', 'Description', '写入 WSDL。', 'Written to the WSDL.'), maxLength: 500 })),
          request: Schema(
            '请求格式',
            'Request',
            '参数的 JSON Schema；类型和数组按它转换。',
            'JSON Schema of the parameters; types and lists are converted by it.',
          ),
          response: Schema(
            '应答格式',
            'Response',
            '回复内容的 JSON Schema；元素按其顺序写出。',
            'JSON Schema of the reply; elements are written in its order.',
          ),
          oneWay: Type.Boolean({ ...fieldText('单向', 'One-way', '没有应答。', 'There is no response.'), default: false }),
        },
        { additionalProperties: false },
      ),
      { ...fieldText('操作', 'Operations'), minItems: 1, maxItems: 200 },
    ),
    understood: Type.Array(Type.String({ pattern: ELEMENT_NAME, maxLength: 100 }), {
      ...fieldText(
        '理解的头',
        'Understood headers',
        '标有 mustUnderstand 的请求头，名称不在此列则拒绝。',
        'A header with mustUnderstand is refused unless its name is listed here.',
      ),
      default: [],
      maxItems: 50,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Starts an execution for every SOAP request to an interface of the flow (POST), and answers GET with `?wsdl`. */
export default defineNode({
  type: 'soap.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'mail-open',
  text: {
    label: { 'zh-CN': 'SOAP 请求触发', en: 'SOAP request' },
    help: {
      'zh-CN': '把流程发布为 SOAP 服务：每个请求运行一次，回复作为应答；?wsdl 返回生成的 WSDL。',
      en: 'Publishes the flow as a SOAP service: each request runs it, its reply is the response; ?wsdl returns the generated WSDL.',
    },
    words: 'WebService Web服务 WSDL',
  },
  ports: { in: [], out: [outPort] },
  keyNames: () => [],
  samples: [
    {
      name: { 'zh-CN': '挂号请求', en: 'A registration' },
      data: { operation: 'Register', body: { patientId: 'P000001', name: '测试甲' }, header: {}, version: '1.1', query: {}, params: {} },
    },
  ],
  config: Config,
  check: findProblems,
  door: ({ service, ...rest }) => createSoapDoor({ name: service, ...rest }),
});

function findProblems({ operations }: Config): readonly ConfigProblem[] {
  const elements = operations.map(({ name, oneWay }) => (oneWay ? [name] : [name, `${name}Response`]));
  return operations.flatMap(({ name, request, response }, index): ConfigProblem[] => {
    const earlier = new Set(elements.slice(0, index).flat());
    const doubles = elements[index]!.some((element) => earlier.has(element))
      ? [
          {
            path: `/operations/${index}/name`,
            message: {
              'zh-CN': `操作“${name}”与另一操作的请求或应答元素重名`,
              en: `The operation "${name}" has an element that another one has.`,
            },
          },
        ]
      : [];
    return [...doubles, ...unnameable(request, `/operations/${index}/request`), ...unnameable(response, `/operations/${index}/response`)];
  });
}

function unnameable(schema: unknown, path: string): readonly ConfigProblem[] {
  const place = nameProblem(schema);
  if (place === undefined) return [];
  return [{ path, message: { 'zh-CN': `字段“${place}”不能作为 XML 元素名`, en: `The field "${place}" is not a name that XML allows.` } }];
}
