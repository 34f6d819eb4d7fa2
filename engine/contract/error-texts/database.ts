/** Texts for errors of the database nodes. */
import { connectTexts, type ErrorTemplates } from './template.ts';

const CORRECT_SQL = '更正语句或其参数的值；可先用该数据库的客户端试一试该语句。';
const CORRECT_DATA = '更正数据，或在语句中处理已存在的记录。';

export const databaseTexts: ErrorTemplates = {
  ...connectTexts('DATABASE_CONNECT_FAILED', '无法连接数据库 {host}:{port}（{reason}）'),
  DATABASE_FILE_UNUSABLE: {
    what: '无法打开数据库文件（{reason}）',
    fix: '更正适配器的路径；文件须存在、是 SQLite 数据库，且平台的用户有权使用。',
  },
  DATABASE_LOGIN_REFUSED: { what: '数据库拒绝登录（{code}）', fix: '更正适配器的用户、库名或凭据，或请数据库管理员授权。' },
  'DATABASE_LOGIN_REFUSED/password': { what: '数据库不接受该用户或密码（{code}）', fix: '更正适配器的用户或凭据。' },
  'DATABASE_LOGIN_REFUSED/database': { what: '库不存在，或该用户无权访问（{code}）', fix: '更正适配器的库名，或请数据库管理员授权。' },
  DATABASE_TLS_REQUIRED: {
    what: '该适配器会不加密地传输患者数据',
    fix: '在其参数中启用 TLS；若数据库不支持 TLS 且处于同一受保护网络，可允许明文。',
  },
  'DATABASE_TLS_REQUIRED/server': {
    what: '适配器要求 TLS，但数据库不支持',
    fix: '在数据库上启用 TLS；若双方处于同一受保护网络，可去掉 TLS 并允许明文。',
  },
  DATABASE_BUSY: { what: '等待该数据库连接的步骤过多', fix: '稍候；若数据库允许，可调高适配器的连接数。' },
  DATABASE_STOPPED: { what: '步骤在发出任何内容之前被停止' },
  DATABASE_STATEMENT: { what: 'SQL 语句不能使用', fix: '更正语句。' },
  'DATABASE_STATEMENT/empty': { what: '没有 SQL 语句', fix: '填写一条 SQL 语句。' },
  'DATABASE_STATEMENT/several': { what: '有不止一条 SQL 语句', fix: '每个节点只写一条语句。' },
  'DATABASE_STATEMENT/string': { what: '从第 {position} 个字符开始的字符串没有结束', fix: '补上结束的引号。' },
  'DATABASE_STATEMENT/name': { what: '从第 {position} 个字符开始的名称没有结束', fix: '补上结束的引号。' },
  'DATABASE_STATEMENT/comment': { what: '从第 {position} 个字符开始的注释没有结束', fix: '补上注释的结束符。' },
  'DATABASE_STATEMENT/unbound': { what: '语句中的参数 :{name} 没有取值', fix: '在节点的“参数”中添加。' },
  DATABASE_PARAMETER: { what: '参数 :{name} 的值不能传给数据库', fix: '在此节点之前更正该值。' },
  'DATABASE_PARAMETER/key': { what: '键列 {name} 没有值', fix: '在此节点之前给出该值。' },
  'DATABASE_PARAMETER/base64': { what: '{name} 的值不是 Base64 文本', fix: '在此节点之前更正该值。' },
  'DATABASE_PARAMETER/number': { what: '参数 :{name} 的值不是有限的数', fix: '在此节点之前更正该值。' },
  'DATABASE_PARAMETER/text': { what: '参数 :{name} 的值不是合法的 Unicode 文本，或含有 NUL 字符', fix: '在此节点之前更正该值。' },
  DATABASE_STATEMENT_REFUSED: { what: '数据库拒绝了该语句（{code}）', fix: CORRECT_SQL },
  'DATABASE_STATEMENT_REFUSED/message': { what: '数据库拒绝了该语句（{code}，{message}）', fix: CORRECT_SQL },
  'DATABASE_STATEMENT_REFUSED/read-only': { what: '该语句会改变数据，而此节点只能查询（{code}）', fix: '改用写入的节点。' },
  'DATABASE_STATEMENT_REFUSED/too-long': {
    what: '有一个值过长，数据库放不下[，列 {column}][，类型 {type}]（{code}）',
    fix: '在此节点之前更正该值，或请数据库管理员加长该列。',
  },
  'DATABASE_STATEMENT_REFUSED/form': {
    what: '有一个值不符合数据库要求的形式[，列 {column}][，类型 {type}]（{code}）',
    fix: '在此节点之前更正该值：数字如 1.5，日期如 2026-02-28，时间见节点帮助，其余须是该列允许的值。',
  },
  'DATABASE_STATEMENT_REFUSED/range': {
    what: '有一个数值、日期或时间超出数据库允许的范围[，列 {column}][，类型 {type}]（{code}）',
    fix: '在此节点之前更正该值，或请数据库管理员修改该列。',
  },
  'DATABASE_STATEMENT_REFUSED/charset': {
    what: '有一个值含有数据库字符集无法保存的字符[，列 {column}][，类型 {type}]（{code}）',
    fix: '在此节点之前更正该值，或请数据库管理员修改该列的字符集（utf8mb4、UTF-8）。',
  },
  'DATABASE_STATEMENT_REFUSED/division': { what: '语句的除数值为零（{code}）', fix: '在此节点之前更正该值，或在语句中处理（NULLIF）。' },
  'DATABASE_STATEMENT_REFUSED/own': {
    what: '数据库中的存储过程或触发器以自己的消息和代码拒绝（{code}）',
    fix: '询问其维护人员该代码的含义；其文本可能含有个人信息，因此不显示。',
  },
  DATABASE_CONSTRAINT: { what: '数据违反数据库的约束 {name}（{code}）', fix: CORRECT_DATA },
  'DATABASE_CONSTRAINT/unique': { what: '数据库中已有相同的记录：唯一约束 {name}（{code}）', fix: CORRECT_DATA },
  'DATABASE_CONSTRAINT/reference': { what: '数据引用的记录不存在，或仍被引用：外键 {name}（{code}）', fix: CORRECT_DATA },
  'DATABASE_CONSTRAINT/required': { what: '必填列 {name} 没有值（{code}）', fix: CORRECT_DATA },
  'DATABASE_CONSTRAINT/check': { what: '数据不符合检查约束 {name}（{code}）', fix: CORRECT_DATA },
  DATABASE_CONFLICT: { what: '语句遇到其他事务的锁，已回滚（{code}）', fix: '可以重试；若经常发生，检查还有什么在使用这些表。' },
  DATABASE_TIMEOUT: { what: '语句超过 {timeoutMs} 毫秒，已被数据库终止', fix: '优化语句（索引、更少的行），或调高适配器的调用超时。' },
  DATABASE_NO_ANSWER: { what: '数据库应答之前连接中断（{reason}）', fix: '若语句会写入，先在数据库中核实是否已执行。' },
  DATABASE_COMMIT_UNKNOWN: {
    what: '提交时连接中断，数据是否已写入不明',
    fix: '在数据库中核实数据是否存在。选用按键列或账本幂等时，平台会自动重试。',
  },
  DATABASE_CALL_UNKNOWN: {
    what: '调用中断，不知道它改变了什么',
    fix: '在数据库中核实是否已执行。若重复调用无害，将节点的“作用”设为“重复调用无害”。',
  },
  DATABASE_CALL_UNSUPPORTED: { what: '此节点不能调用 {engine} 的过程', fix: '在“数据库查询”或“数据库写入”的 SQL 语句中执行该过程。' },
  DATABASE_SEVERAL_RESULTS: { what: '语句返回了不止一个结果集', fix: '返回多个结果集的过程请用“数据库过程调用”。' },
  DATABASE_KEY_NOT_UNIQUE: {
    what: '该表没有恰好由这些键列组成的主键或唯一约束',
    fix: '选用主键或唯一约束的列作为键列，或请数据库管理员创建：ALTER TABLE … ADD UNIQUE (…)。',
  },
  DATABASE_LEDGER_OLD: {
    what: '消息早于账本保留的 {days} 天，无法确定本步骤是否已写入',
    fix: '在数据库中核实：已写入的，结束该消息；未写入的，重放为新消息。',
  },
  DATABASE_ROW_DIFFERS: { what: '键相同的行已存在，但内容不同', fix: '更正键；若要改动已有的行，选择“按键列更新，没有则新增”。' },
  'DATABASE_ROW_DIFFERS/key': {
    what: '已有一行的键写法不同，但数据库视为相同',
    fix: '比较两个键的大小写、重音符号与末尾空格；更正键，或更改该列的排序规则（collation）。',
  },
  DATABASE_ROWS: { what: '“多行”的值既不是数组也不是对象', fix: '让它给出数组，每项写一行；空数组什么都不写。' },
  'DATABASE_ROWS/many': { what: '要写入 {count} 行，超过上限 {maxRows} 行', fix: '减少一次写入的行数，或调高节点的行数上限。' },
  DATABASE_RETURNING: { what: '该数据库不能取回新增行的列', fix: '不取回列；或选用按键列幂等，平台即可按键读取该行。' },
  DATABASE_SERVER_ERROR: { what: '数据库无法执行该语句（{code}）', fix: '请数据库管理员检查：内存、磁盘或连接数不足，或其内部错误。' },
  DATABASE_COLUMN_TWICE: { what: '结果中有两列都叫 {column}', fix: '在语句中用 AS 给其中一列另起名称。' },
  DATABASE_TOO_MANY_ROWS: { what: '结果超过 {maxRows} 行', fix: '缩小查询范围，或调高节点的行数上限。' },
  DATABASE_ROW_TOO_LARGE: { what: '有一行超过上限 {limitBytes} 字节', fix: '少取几列或截短内容，或调高节点的单行上限。' },
  'DATABASE_ROW_TOO_LARGE/row': { what: '第 {row} 行超过上限 {limitBytes} 字节', fix: '少取几列或截短内容，或调高节点的单行上限。' },
  DATABASE_RESULT_TOO_LARGE: {
    what: '结果超过上限 {limitBytes} 字节',
    fix: '减少行或列，将大结果写入文件引用，或调高适配器的应答上限（写入文件引用时为节点的文件上限）。',
  },
  DATABASE_MARK: { what: '位置列的值不可用', fix: '选择不为空的位置列：递增的整数，或 ISO 8601 的日期时间。' },
  'DATABASE_MARK/time': { what: '位置列的值不是日期或时间', fix: '选择不为空的位置列：ISO 8601 的日期时间，或改为整数。' },
  'DATABASE_MARK/number': { what: '位置列的值不是整数', fix: '选择不为空的位置列：递增的整数，或改为日期时间。' },
  DATABASE_POLL_ORDER: { what: '结果没有按位置列 {column} 排序，会漏掉一些行', fix: '在语句末尾加上 ORDER BY {column}。' },
  DATABASE_POLL_COLUMN: { what: '有一行的列 {column} 没有值', fix: '在语句中以此名称选出该列，并选择不为空的列。' },
  DATABASE_POLL_STRETCH: {
    what: '重读范围内的行超过 {count} 行',
    fix: '缩小重读范围；或从一次大批导入之后开始；或改用自增编号作为位置列，或按状态读取。',
  },
  DATABASE_POLL_REFUSED: {
    what: '流程拒收表中的一行（{code}），读取停在该行',
    fix: '更正该行或流程；或让触发器标记、跳过被拒的行。',
  },
  DATABASE_POLL_AGAIN: { what: '已标记为完成或失败的行又被选出', fix: '更正语句，使选择不含已完成或失败的行。' },
};
