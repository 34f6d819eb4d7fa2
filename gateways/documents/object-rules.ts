/** Rules of object access (防越权): which objects a caller may name. In the options of an interface, or as named sets. */
import { Type, type Static } from 'typebox';
import { Revision } from '../../engine/contract/values/revision.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { closed, Domain, Id, Name, OneOf } from './document-fields.ts';

/** Credentials with other names cannot be salts, so that no rule can make a digest of a password. */
export const SALT_PREFIX = 'salt-';

const RULE_FIELDS = {
  locator: Type.String({
    ...fieldText(
      '对象位置',
      'Place of the object',
      '对象编号在报文中的位置：path:id、query:patientId、header:x-patient-id、json:$.items[*].pid、json:/a/b、form:cardNo、xml:/a/b/@c。',
      'Where the id of the object is: path:id, query:patientId, header:x-patient-id, json:$.items[*].pid, json:/a/b, form:cardNo, xml:/a/b/@c.',
      { example: 'json:$.patientId' },
    ),
    minLength: 3,
    maxLength: 300,
  }),
  subject: Type.String({
    ...fieldText(
      '调用方的取值',
      'Value of the caller',
      '登录用户令牌中的字段（token.uid，可逐级写 token.user.id），或应用的字段（app.appId、app.orgId、app.domain、app.caller）。取不到值时拒绝。',
      'A claim of the user’s token (token.uid, nested token.user.id) or a field of the app (app.appId, app.orgId, app.domain, app.caller). Without a value, the request is refused.',
      { example: 'token.uid' },
    ),
    maxLength: 200,
    pattern: '^(?:token(?:\\.[^.\\s]+){1,8}|app\\.(?:appId|orgId|domain|caller))$',
  }),
  issuer: Type.Optional(
    Type.String({
      ...fieldText(
        '令牌签发方',
        'Issuer of the token',
        '只接受该签发方（iss）令牌中的取值。登记了多个签发方时必填，否则拒绝：别的签发方可能把同一编号发给另一个人。',
        'Takes the claim from tokens of this issuer (iss) only. Without it, the rule refuses once several issuers are registered: another issuer may give the same id to another person.',
        { example: 'https://login.city.example' },
      ),
      minLength: 1,
      maxLength: 300,
    }),
  ),
  op: OneOf(
    ['eq', 'in', 'memberOf', 'hashEq', 'prefix'],
    fieldText(
      '关系',
      'Relation',
      '对象编号与调用方取值之间必须成立的关系。',
      'What must hold between the id of the object and the value of the caller.',
      {
        options: {
          eq: ['等于', 'Equal'],
          in: ['在取值的列表中', 'In the list of the value'],
          memberOf: ['与调用方有关系（家庭成员、签约医生等）', 'Related to the caller (family, signed doctor …)'],
          hashEq: ['等于取值的摘要', 'Equal to the digest of the value'],
          prefix: ['以取值开头', 'Begins with the value'],
        },
      },
    ),
  ),
  provider: Type.Optional(
    Id('ifc', {
      ...fieldText(
        '关系由哪个接口提供',
        'Interface that provides the relation',
        '该接口收到 relation 和 subject，返回 {"ids": [...]}；结果缓存 30 秒，2 秒内无结果时拒绝。',
        'It gets relation and subject and returns {"ids": [...]}, kept for 30 s; without a result within 2 s, the request is refused.',
        { example: 'ifc_relations' },
      ),
      ...fieldEditor('interface'),
    }),
  ),
  relation: Type.Optional(
    Type.String({
      ...fieldText('关系名称', 'Name of the relation', '原样传给上述接口。', 'Passed to that interface as it is.', { example: 'family' }),
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
    }),
  ),
  digest: Type.Optional(
    OneOf(
      ['sm3', 'sha256'],
      fieldText('摘要算法', 'Digest', '十六进制；默认 SM3。', 'In hex; SM3 if left out.', {
        options: { sm3: ['SM3', 'SM3'], sha256: ['SHA-256', 'SHA-256'] },
      }),
    ),
  ),
  salt: Type.Optional(
    Type.String({
      ...fieldText(
        '加盐凭据',
        'Salt',
        '凭据名称，须以 salt- 开头；其值接在取值之前一起做摘要。',
        'Name of a credential that begins with salt-; its value is put before the value of the caller.',
        { example: 'salt-patient' },
      ),
      pattern: '^salt-[A-Za-z0-9._-]{1,90}$',
    }),
  ),
};

/** A rule for requests: the object named at `locator` must belong to the caller. */
export const ObjectRule = Type.Object(
  {
    ...RULE_FIELDS,
    absent: Type.Optional(
      OneOf(
        ['deny', 'allow', 'inject'],
        fieldText(
          '未填写对象时',
          'If it is absent',
          '默认拒绝；“填入”把调用方的取值写进请求（关系为等于、摘要或只有一个取值的列表时）。',
          'Refused by default; “fill in” writes the value of the caller into the request (equal, digest, or a list with one value).',
          {
            options: {
              deny: ['拒绝', 'Refuse'],
              allow: ['放行', 'Let it pass'],
              inject: ['填入调用方的取值', 'Fill in the value of the caller'],
            },
          },
        ),
      ),
    ),
  },
  closed,
);
export type ObjectRule = Static<typeof ObjectRule>;

/** A rule for responses: what does not belong to the caller is dropped from its list, or the response is refused. */
export const ObjectAnswerRule = Type.Object(
  {
    ...RULE_FIELDS,
    absent: Type.Optional(
      OneOf(
        ['deny', 'allow'],
        fieldText('应答中没有该字段时', 'If it is absent', '默认按不属于调用方处理。', 'Foreign by default.', {
          options: { deny: ['按不属于处理', 'Foreign'], allow: ['放行', 'Let it pass'] },
        }),
      ),
    ),
    action: OneOf(
      ['drop', 'refuse'],
      fieldText(
        '发现不属于调用方的对象时',
        'For a foreign object',
        '剔除只用于带 [*] 的位置，去掉最内层列表中的那一项。',
        'Dropping needs a place with [*]; the element of the innermost list is removed.',
        { options: { drop: ['剔除该项', 'Drop the item'], refuse: ['拒绝整个应答', 'Refuse the response'] } },
      ),
    ),
  },
  closed,
);
export type ObjectAnswerRule = Static<typeof ObjectAnswerRule>;

export const MATCH_FIELD = OneOf(
  ['all', 'any'],
  fieldText(
    '多条规则',
    'Several rules',
    '“任一满足”时，未填写且放行的规则不算满足，除非全部如此。',
    'With “one of them”, a rule whose object is absent and let pass does not count, unless this holds for all.',
    { options: { all: ['全部满足（与）', 'All of them (and)'], any: ['任一满足（或）', 'One of them (or)'] } },
  ),
);

export const rulesField = (minItems: number) =>
  Type.Array(ObjectRule, {
    ...fieldText(
      '规则',
      'Rules',
      '每条规则说明一处对象编号必须属于调用方。',
      'Each rule states that the object at one place must belong to the caller.',
    ),
    minItems,
    maxItems: 20,
  });

/** A named set of rules that interfaces share (多配置). */
export const ObjectRuleSet = Type.Object(
  {
    ruleSetId: Id(
      'ors',
      fieldText('编号', 'Id', 'ors_ 开头；接口按它引用，保存后不能更改。', 'Begins with ors_; interfaces name it, and it never changes.', {
        example: 'ors_patient',
      }),
    ),
    revision: Revision,
    name: Name(),
    domain: Domain,
    match: MATCH_FIELD,
    rules: rulesField(1),
  },
  closed,
);
export type ObjectRuleSet = Static<typeof ObjectRuleSet>;

/** A rule as both halves have it. */
export type AnyObjectRule = ObjectRule | ObjectAnswerRule;
