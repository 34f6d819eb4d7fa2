import { Type, type Static } from 'typebox';
import type { ConfigProblem } from '../../engine/contract/node/node.ts';
import { defineNode, outPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { resourceType } from './fields.ts';
import { createFhirDoor } from './front/fhir-door.ts';
import { isResourceType } from './r4/shapes.ts';

const SearchParameter = Type.Object(
  {
    name: Type.String({
      ...fieldText('参数名', 'Name', undefined, undefined, { example: 'identifier' }),
      pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$',
    }),
    type: Type.Union(
      [
        Type.Literal('string'),
        Type.Literal('token'),
        Type.Literal('date'),
        Type.Literal('number'),
        Type.Literal('quantity'),
        Type.Literal('reference'),
        Type.Literal('uri'),
      ],
      {
        ...fieldText('类型', 'Type', '值按它检查和拆分。', 'Values are checked and taken apart by it.', {
          options: {
            string: ['文本', 'string'],
            token: ['代码或标识', 'token'],
            date: ['日期', 'date'],
            number: ['数字', 'number'],
            quantity: ['数量', 'quantity'],
            reference: ['引用', 'reference'],
            uri: ['地址', 'uri'],
          },
        }),
        default: 'token',
      },
    ),
    about: Type.Optional(
      Type.String({ ...fieldText('说明', 'Description', '写入能力声明。', 'Written to the CapabilityStatement.'), maxLength: 500 }),
    ),
  },
  { additionalProperties: false },
);

const Config = Type.Object(
  {
    name: Type.String({
      ...fieldText('名称', 'Name', '写入能力声明。', 'Written to the CapabilityStatement.', { example: 'CityRecord' }),
      minLength: 1,
      maxLength: 200,
    }),
    address: Type.String({
      ...fieldText(
        '根地址',
        'Base URL',
        '接口在网关上的地址，不含资源类型；写入 Location、分页链接和能力声明。',
        'Address of the interfaces at the gateway without the resource type; used in Location, paging links and the CapabilityStatement.',
        {
          example: 'https://bus.city.example/bus/v1/fhir',
          pattern: [
            '以 http:// 或 https:// 开头，末尾没有斜杠，不含空格、引号、尖括号、? 和 #',
            'Begins with http:// or https:// and does not end with a slash; no spaces, quotes, angle brackets, ? or #',
          ],
        },
      ),
      pattern: '^https?://[^\\s<>"?#]*[^\\s<>"?#/]$',
      maxLength: 1000,
    }),
    resources: Type.Array(
      Type.Object(
        {
          type: resourceType,
          interactions: Type.Array(
            Type.Union([
              Type.Literal('read'),
              Type.Literal('search'),
              Type.Literal('create'),
              Type.Literal('update'),
              Type.Literal('delete'),
            ]),
            {
              ...fieldText('操作', 'Interactions', undefined, undefined, {
                options: {
                  read: ['读取', 'Read'],
                  search: ['查询', 'Search'],
                  create: ['新建', 'Create'],
                  update: ['更新', 'Update'],
                  delete: ['删除', 'Delete'],
                },
              }),
              minItems: 1,
              maxItems: 5,
              uniqueItems: true,
            },
          ),
          searchParameters: Type.Array(SearchParameter, {
            ...fieldText(
              '查询参数',
              'Search parameters',
              '_id 和 _lastUpdated 总是可用；没有列出的参数被拒绝。',
              'There are always _id and _lastUpdated; others than those listed are refused.',
            ),
            default: [],
            maxItems: 100,
          }),
        },
        { additionalProperties: false },
      ),
      { ...fieldText('资源', 'Resources'), minItems: 1, maxItems: 150 },
    ),
    bundles: Type.Array(Type.Union([Type.Literal('transaction'), Type.Literal('batch')]), {
      ...fieldText(
        '接受的 Bundle',
        'Bundles',
        '其中每一项须是上面提供的操作。',
        'Each entry must be one of the interactions offered above.',
        {
          options: {
            transaction: ['事务（全部成功或全部不做）', 'Transaction (all or nothing)'],
            batch: ['批量（逐项）', 'Batch (one by one)'],
          },
        },
      ),
      default: [],
      maxItems: 2,
      uniqueItems: true,
    }),
    checks: Type.Boolean({
      ...fieldText('校验收到的资源', 'Check resources', '按 FHIR R4 检查，同“FHIR 校验”。', 'Against FHIR R4, as the FHIR check does.'),
      default: true,
    }),
    mostPerPage: Type.Integer({
      ...fieldText('每页最多资源数', 'Most resources of a page', '_count 不会超过它。', '_count is never larger.'),
      minimum: 1,
      maximum: 1000,
      default: 100,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Starts an execution for every FHIR request to the interfaces of the flow, and answers `metadata`. */
export default defineNode({
  type: 'fhir.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'flame',
  text: {
    label: { 'zh-CN': 'FHIR 请求触发', en: 'FHIR request' },
    help: {
      'zh-CN': '把流程发布为 FHIR R4 服务：读取、查询、新建、更新、删除与 Bundle；自动提供能力声明、校验和 OperationOutcome。',
      en: 'Publishes the flow as a FHIR R4 server: read, search, create, update, delete and Bundles, with CapabilityStatement, checks and OperationOutcomes.',
    },
  },
  ports: { in: [], out: [outPort] },
  keyNames: () => [],
  samples: [
    {
      name: { 'zh-CN': '按标识查询患者', en: 'A search for a patient' },
      data: {
        ...{ interaction: 'search', type: 'Patient', id: null, resource: null, match: null, ifMatch: null, prefer: 'representation' },
        search: {
          conditions: [{ name: 'identifier', modifier: null, values: [{ text: 'urn:oid:1.2.3|7', system: 'urn:oid:1.2.3', code: '7' }] }],
          first: { identifier: { text: 'urn:oid:1.2.3|7', system: 'urn:oid:1.2.3', code: '7' } },
          ...{ count: 100, page: null, sort: [], include: [], revinclude: [], summary: null, elements: [], total: null },
        },
      },
    },
  ],
  config: Config,
  check: findProblems,
  door: createFhirDoor,
});

function findProblems({ resources }: Config, mode?: 'sync' | 'durable'): readonly ConfigProblem[] {
  return resources.flatMap(({ type, interactions, searchParameters }, index): ConfigProblem[] => {
    const at = `/resources/${index}`;
    const twice = resources.findIndex((other) => other.type === type) !== index;
    return [
      ...(isResourceType(type)
        ? []
        : [{ path: `${at}/type`, message: { 'zh-CN': `R4 没有资源类型 ${type}`, en: `R4 has no resource type ${type}.` } }]),
      ...(twice ? [{ path: `${at}/type`, message: { 'zh-CN': `${type} 重复`, en: `${type} is there twice.` } }] : []),
      ...(mode === 'durable' && interactions.some((one) => one === 'read' || one === 'search') ? [needsSync(`${at}/interactions`)] : []),
      ...searchParameters.flatMap(({ name }, place): ConfigProblem[] =>
        searchParameters.findIndex((other) => other.name === name) === place && name !== '_id' && name !== '_lastUpdated'
          ? []
          : [
              {
                path: `${at}/searchParameters/${place}/name`,
                message: { 'zh-CN': `参数 ${name} 重复`, en: `The parameter ${name} is there twice.` },
              },
            ],
      ),
    ];
  });
}

/** The caller of a durable flow gets 202 before it runs. */
function needsSync(path: string): ConfigProblem {
  return {
    path,
    message: {
      'zh-CN': '可靠异步流程在执行前就应答 202，不能提供读取和查询：请把流程改为同步模式，或去掉这两项',
      en: 'A durable flow replies 202 before it runs, so it cannot offer read and search: set its mode to sync, or remove the two.',
    },
  };
}
