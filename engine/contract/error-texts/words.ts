/** Chinese words for values of errors that are English. */
const effects = { pure: '无外部影响', read: '只读', 'idempotent-write': '幂等写', write: '写' };

/** By the name of the value. Values that are not listed are shown unchanged. */
export const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  effect: effects,
  declared: effects,
  side: { input: '输入', output: '输出' },
  handling: { fail: '执行失败', continue: '忽略并继续', port: '走错误端口' },
  what: { expression: '表达式', script: '脚本', adapter: '适配器', code_table: '代码表', table: '代码表', secret: '凭据' },
  part: { header: '消息头', body: '消息体' },
  cryptoOperation: { sign: '签名', verify: '验签', encrypt: '加密', decrypt: '解密' },
  input: { content: '内容', signature: '签名', ciphertext: '密文', 'plain text': '明文' },
  front: { open: '开放网关（open）', user: '用户网关（user）', bus: '总线网关（bus）' },
  /** The types of JSON Schema. */
  expected: {
    string: '文本',
    number: '数字',
    integer: '整数',
    boolean: '布尔值',
    object: '对象',
    array: '列表',
    null: '空值',
  },
  /** Reasons that the network or the operating system gives, and reasons why a request cannot be read. */
  reason: {
    ECONNREFUSED: '对方拒绝连接',
    ECONNRESET: '连接被对方重置',
    ECONNABORTED: '连接已中止',
    EPIPE: '连接已关闭',
    ETIMEDOUT: '连接超时',
    EHOSTUNREACH: '主机不可达',
    EHOSTDOWN: '主机未运行',
    ENETUNREACH: '网络不可达',
    ENOTFOUND: '域名无法解析',
    EAI_AGAIN: '域名解析暂时失败',
    EADDRINUSE: '端口已被占用',
    EADDRNOTAVAIL: '地址不属于本机',
    EACCES: '没有权限',
    EPERM: '操作不被允许',
    EROFS: '文件系统只读',
    ENOENT: '文件或目录不存在',
    ENOTDIR: '不是目录',
    ENOSPC: '磁盘空间不足',
    EPROTO: '协议错误',
    CERT_HAS_EXPIRED: '对方证书已过期',
    CERT_NOT_YET_VALID: '对方证书尚未生效',
    DEPTH_ZERO_SELF_SIGNED_CERT: '对方使用自签名证书',
    SELF_SIGNED_CERT_IN_CHAIN: '证书链中有自签名证书',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: '无法验证对方证书',
    UNABLE_TO_GET_ISSUER_CERT: '缺少签发者证书',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: '本地没有签发者证书',
    ERR_TLS_CERT_ALTNAME_INVALID: '证书与主机名不符',
    ERR_SSL_WRONG_VERSION_NUMBER: '对方未使用 TLS 或版本不符',
    UND_ERR_CONNECT_TIMEOUT: '连接超时',
    UND_ERR_HEADERS_TIMEOUT: '等待应答头超时',
    UND_ERR_BODY_TIMEOUT: '接收应答超时',
    UND_ERR_SOCKET: '连接中断',
    UND_ERR_ABORTED: '调用已中止',
    malformed: '格式不正确',
    'too deep': '嵌套过深',
    object: '请求体须为 JSON 对象',
    unknown: '原因未知',
    error: '原因未知',
    FST_ERR_CTP_INVALID_MEDIA_TYPE: '内容类型不支持',
    FST_ERR_CTP_EMPTY_JSON_BODY: '请求体为空',
    FST_ERR_CTP_INVALID_JSON_BODY: '请求体不是合法的 JSON',
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'Content-Length 与实际长度不符',
  },
  /** JSONata error codes: S… from parsing, D… and T… from evaluation. */
  fault: {
    S0101: '文本缺少结束引号',
    S0102: '数字超出范围',
    S0103: '转义字符不受支持',
    S0104: '“\\u”之后须为 4 位十六进制数',
    S0105: '反引号括起的字段名缺少结束反引号',
    S0106: '注释没有结束',
    S0201: '此处的写法不正确',
    S0202: '符号不正确',
    S0203: '表达式提前结束',
    S0204: '未知的运算符',
    S0205: '此处不应出现该符号',
    S0206: '表达式类型未知',
    S0207: '表达式不完整',
    S0208: '函数定义的参数须为变量（以 $ 开头）',
    S0209: '分组之后不能再写筛选条件',
    S0210: '每一级只能有一个分组',
    S0211: '该符号不能用作一元运算符',
    S0212: '“:=”左侧须为变量（以 $ 开头）',
    S0213: '常量不能作为路径的一级',
    S0214: '右侧须为变量（以 $ 开头）',
    S0215: '上下文变量须写在筛选条件之前',
    S0216: '上下文变量须写在排序之前',
    S0217: '无法确定父级对象',
    S0301: '正则表达式为空',
    S0302: '正则表达式缺少结束的“/”',
    D1001: '数字超出范围',
    D1002: '只有数字可以取负',
    D1009: '对象中有两个相同的键',
    D3001: '非有限的数字不能转成文本',
    K0001: '函数无法处理其输入',
    D3030: '值不能转成数字',
    D3110: '文本不是有效的时间',
    T0410: '函数参数的类型不正确',
    T0411: '函数所用上下文值的类型不正确',
    T1003: '对象的键不是文本',
    T1006: '被调用的不是函数',
    T2001: '算术运算符左侧不是数字',
    T2002: '算术运算符右侧不是数字',
    T2009: '不同类型的值不能比较大小',
    T2010: '只有数字或文本可以比较大小',
    unknown: '原因未知',
  },
};

/**
 * Reasons that libraries, the network and other systems give: a pattern, and its Chinese. `$1` is a part of the reason,
 * `$&` the whole.
 */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^no connection within (\d+) ms$/, '$1 毫秒内没有连上'],
  [/^no answer within (\d+) ms$/, '$1 毫秒内没有应答'],
  [/^(?:the (?:server|other side) closed the connection|closed|connection lost|the connection was lost)$/, '对方关闭了连接，或连接中断'],
  [/^Connection terminated unexpectedly$/, '对方关闭了连接，或连接中断'],
  [/^(?:stopped|cancelled|cancelled before it was sent|the (?:step|task) was stopped)$/, '已停止'],
  [/^time-?out$/, '超时'],
  [/^(?:timeout expired|Timed out while waiting for handshake|Timeout \(control socket\))$/, '对方没有在连接超时内应答'],
  [/^(?:GREETING_TIMEOUT|CONNECT_TIMEOUT|NJS-510|ETIMEOUT)$/, '对方没有在连接超时内应答（$&）'],
  [/^PLT_KFK_NETWORK$/, '没有连上，或对方没有应答'],
  [/^the server is going away$/, '对方正在停止服务'],
  [/^the (?:server|proxy) ended the (?:call without a status|stream of settings)$/, '对方提前结束了调用'],
  [/^the broker closed the channel$|^closed by the broker$/, '消息中间件关闭了通道'],
  [/^the broker lacks memory or disk$/, '消息中间件内存或磁盘不足'],
  [/^the broker grants no credit$/, '消息中间件暂不接收'],
  [/^negative confirm$|^released$/, '消息中间件答复未保存'],
  [/^no queue can be (read|written)$/, '没有可用的队列'],
  [/^no bearer token in the answer$/, '应答中没有 Bearer 令牌'],
  [/^no JSON$/, '应答不是 JSON'],
  [/self.signed certificate in certificate chain/i, '证书链中有自签名证书'],
  [/self.signed certificate/i, '对方使用自签名证书'],
  [/certificate has expired/i, '对方证书已过期'],
  [/unable to (?:verify the first|get (?:local )?issuer) certificate/i, '对方证书的签发者不受信任'],
  [/does not match certificate's altnames/i, '证书与主机名不符'],
  [/^ERR_HTTP2_\w+$/, 'HTTP/2 出错，对方可能不是 HTTP/2 服务（$&）'],
  [/^HPE_\w+$/, '对方的应答不是 HTTP（$&）'],
  [/^ERR_(?:SSL|TLS)_\w+$/, 'TLS 出错（$&）'],
  [/^it is not well-formed$/, '不是格式良好的 XML'],
  // Liquid.
  [/^undefined filter: (.+)$/, '没有名为 $1 的过滤器'],
  [/^tag "(.+)" not found$/, '没有名为 $1 的标签'],
  [/^(?:tag |output )?(.+) not closed$/, '$1 没有结束'],
  [/^illegal tag: (.+)$/, '标签的写法有误：$1'],
  [/^invalid range syntax$/, '范围的写法有误'],
  [/^duplicated else$/, 'else 重复'],
  [/^invalid value expression: (.+)$/, '值的写法有误：$1'],
  [/^(?:unexpected token|unexpected character) (.+?)(?:, value expected)?$/, '此处不应出现 $1'],
  [/^expected "\|" before filter$/, '过滤器之前须有“|”'],
  [/^expected filter name$/, '“|”之后须有过滤器名称'],
  [/^expected variable name$/, '此处须有变量名'],
  [/^unbalanced parentheses$/, '括号不配对'],
  [/^illegal tag syntax, tag name expected$/, '标签须以名称开头'],
  [/^memory alloc limit exceeded$/, '结果过大'],
];

/** A code of the operating system that begins a sentence: `connect ECONNREFUSED 127.0.0.1:80`. */
const SYSTEM_CODE = /^(?:[a-z]{3,20} )?(E[A-Z]{3,20}(?:_[A-Z]{1,20})?)\b/;

/** Returns the reason in Chinese. One that is not known is quoted; a code stays as it is. */
export function reasonText(reason: string, codes: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(codes, reason)) return codes[reason]!;
  for (const [pattern, chinese] of SENTENCES) if (pattern.test(reason)) return chineseOf(reason, pattern, chinese);
  const [, code = ''] = SYSTEM_CODE.exec(reason) ?? [];
  if (Object.hasOwn(codes, code)) return codes[code]!;
  return isEnglish(reason) ? `原文：“${reason}”` : reason;
}

function chineseOf(reason: string, pattern: RegExp, chinese: string): string {
  const [whole, ...parts] = pattern.exec(reason)!;
  return chinese.replaceAll(/\$([&\d])/g, (_, part: string) => (part === '&' ? whole : (parts[Number(part) - 1] ?? '')));
}

/** Returns whether the text has words, and not only codes, numbers and names. */
function isEnglish(text: string): boolean {
  const [, ...later] = text.split(/\s+/);
  return !/\p{Script=Han}/u.test(text) && later.some((word) => /[a-z]{2,}/.test(word));
}
