/** Chinese texts of the errors of file nodes (`nodes/file`). */
import { connectTexts, type ErrorTemplates } from './template.ts';

export const fileTexts: ErrorTemplates = {
  ...connectTexts('FILE_CONNECT_FAILED', '无法连接文件服务器 {host}:{port}（{reason}）'),
  FILE_LOGIN_REFUSED: { what: '文件服务器不接受该用户或凭据（{code}）', fix: '更正适配器的用户或凭据，或联系服务器管理员。' },
  FILE_TLS_REQUIRED: {
    what: '该适配器会不加密地传输密码与患者数据',
    fix: '在其参数中启用 TLS，或改用 SFTP；若服务器都不支持且处于同一受保护网络，可允许明文。',
  },
  'FILE_TLS_REQUIRED/server': {
    what: '适配器要求 TLS，但服务器不支持',
    fix: '在服务器上启用 TLS，或改用 SFTP；若双方处于同一受保护网络，可去掉 TLS 并允许明文。',
  },
  FILE_HOST_KEY: {
    what: '服务器出示的公钥不受信任：{fingerprint}',
    fix: '向服务器管理员核对指纹；一致时才加入适配器。',
  },
  FILE_MISSING: { what: '文件或目录[ {path} ]不存在，或该用户无权访问', fix: '更正路径，或更正该用户的权限。' },
  FILE_NAME_UNREADABLE: {
    what: '有文件的名称不是 {charset} 文本，无法取走，仍在原处',
    fix: 'FTP：在适配器中更正“文件名字符集”。SFTP 与本机目录的文件名须为 UTF-8：请将文件改名。',
  },
  'FILE_NAME_UNREADABLE/form': { what: '有文件的名称含 \\ 或控制字符，或超过 255 字节，无法取走，仍在原处', fix: '将文件改名。' },
  FILE_EXISTS: { what: '已有同名文件', fix: '改用其他名称，或让节点覆盖或编号。' },
  FILE_REFUSED: { what: '对文件的访问被拒绝（{code}）', fix: '检查路径、文件种类，以及该用户对目录的权限。' },
  FILE_STORE_FULL: { what: '没有存放该文件的空间（{code}）', fix: '在该处释放空间，或提高该用户的配额。' },
  FILE_NO_ANSWER: {
    what: '文件服务器应答之前连接中断（{reason}）',
    fix: '检查网络与服务器日志；服务器较慢时调高适配器的调用超时。',
  },
  FILE_SERVER_ERROR: { what: '文件服务器暂时无法执行（{code}）', fix: '可以重试；若一再出现，检查服务器日志。' },
  FILE_STOPPED: { what: '步骤在发出任何内容之前被停止' },
  FILE_BUSY: { what: '等待该文件服务器连接的步骤过多', fix: '稍候；若服务器允许，可调高适配器的连接数。' },
  FILE_PATH_WRONG: {
    what: '路径须相对于适配器的目录，且不超出该目录',
    fix: '写作 目录/名称：不以 / 开头，不含 .. 与 \\。',
  },
  'FILE_PATH_WRONG/separator': {
    what: '占位符 {placeholder} 的值含有 / 或 \\，不能作为路径的一部分',
    fix: '一个占位符只代表一个名称；目录写在它前面，各用自己的占位符，例如 目录占位符/名称占位符。',
  },
  'FILE_PATH_WRONG/name': {
    what: '占位符 {placeholder} 的值为空、过长或含控制字符，不能作为路径的一部分',
    fix: '在此节点之前更正该值。',
  },
  FILE_TOO_MANY: { what: '目录中的条目超过 {limit} 个', fix: '移走已完成的文件，或分到几个目录。' },
  FILE_TOO_LARGE: { what: '文件超过 {limitBytes} 字节', fix: '调高节点的上限，或输出文件引用。' },
  FILE_CHANGED: { what: '文件在传输中被改动，或传输中断', fix: '会自动重做；若一再出现，是其他程序在写该文件。' },
  'FILE_TLS_REQUIRED/loopback': { what: '不使用 TLS 的 FTP 接收只能在本机回环上', fix: '不要在适配器中关闭 TLS，或监听 127.0.0.1。' },
  'FILE_TLS_REQUIRED/certificate': { what: '监听没有证书', fix: '为平台配置 TLS 证书，或监听 127.0.0.1。' },
  FILE_ADAPTER_KIND: { what: '该适配器只经 FTP 接收，没有可读写的文件', fix: '改用目录、FTP 或 SFTP 服务器的适配器。' },
  FILE_NO_USERS: { what: '该适配器没有可以上传的用户', fix: '在其凭据中每行写一个用户：名称:密码。' },
  FILE_LISTEN_FAILED: { what: '无法监听 {host}:{port}（{reason}）', fix: '释放该端口，或在适配器的参数中另选。' },
  FILE_NO_CONTENT: { what: '没有要写入文件的内容', fix: '在此节点之前设置内容。' },
  FILE_WRITE_UNKNOWN: { what: '文件改名时连接中断，不确定是否完成', fix: '在目录中查看文件是否已在。' },
  ARCHIVE_INVALID: { what: '文件不是可以读取的压缩包', fix: '请发送方重新发送；可读取 ZIP、gzip 与 tar。' },
  'ARCHIVE_INVALID/damaged': { what: '压缩包已损坏或不完整', fix: '请发送方重新发送。' },
  'ARCHIVE_INVALID/overlap': { what: '压缩包中第 {entry} 个成员与下一个重叠，疑似攻击', fix: '请发送方重新打包。' },
  ARCHIVE_UNSUPPORTED: { what: '压缩包中第 {entry} 个成员无法解开', fix: '请发送方改用不带密码、以 deflate 压缩的 ZIP。' },
  'ARCHIVE_UNSUPPORTED/encrypted': { what: '压缩包中第 {entry} 个成员带有密码', fix: '请发送方改用不带密码的 ZIP，在传输或存放处加密。' },
  'ARCHIVE_UNSUPPORTED/kind': {
    what: '压缩包中第 {entry} 个成员既不是文件也不是目录（例如链接）',
    fix: '请发送方打包文件本身，不要打包链接。',
  },
  ARCHIVE_NAME_REFUSED: { what: '第 {entry} 个文件的名称不能使用', fix: '请发送方使用普通的相对路径作为文件名。' },
  'ARCHIVE_NAME_REFUSED/escape': {
    what: '第 {entry} 个文件的名称指向压缩包之外',
    fix: '请发送方使用普通的相对路径作为文件名；若来源不明，请勿使用该压缩包。',
  },
  'ARCHIVE_NAME_REFUSED/charset': { what: '第 {entry} 个文件的名称不符合节点的字符集', fix: '更正节点的文件名字符集。' },
  'ARCHIVE_NAME_REFUSED/utf-8': {
    what: 'tar 归档中第 {entry} 个文件的名称不是 UTF-8',
    fix: '请发送方用 UTF-8 的文件名打包，或改用 ZIP（节点可选 GBK 文件名）。',
  },
  'ARCHIVE_UNSUPPORTED/sparse': {
    what: 'tar 归档中第 {entry} 个文件是稀疏文件，内容分段存放',
    fix: '请发送方打包时不用 --sparse（-S）。',
  },
  'ARCHIVE_NAME_REFUSED/twice': { what: '第 {entry} 个文件与之前的文件同名', fix: '使各文件的名称不同。' },
  ARCHIVE_TOO_LARGE: { what: '压缩包超过上限 {limit}', fix: '若来源可信，可调高节点的上限；否则请发送方拆分。' },
  'ARCHIVE_TOO_LARGE/files': { what: '压缩包中的文件超过 {limit} 个', fix: '若来源可信，可调高节点的上限；否则请发送方拆分。' },
  'ARCHIVE_TOO_LARGE/file': { what: '压缩包中第 {entry} 个文件超过 {limit} 字节', fix: '若来源可信，可调高节点的上限。' },
  'ARCHIVE_TOO_LARGE/total': { what: '压缩包中的文件合计超过 {limit} 字节', fix: '若来源可信，可调高节点的上限；否则请发送方拆分。' },
  'ARCHIVE_TOO_LARGE/ratio': {
    what: '压缩包解开后超过其大小的 {limit} 倍，可能是压缩炸弹',
    fix: '核实来源；确属可信时可调高节点的最大膨胀倍数。',
  },
  'ARCHIVE_TOO_LARGE/packed': { what: '打成的压缩包将超过 {limit} 字节', fix: '分成几个压缩包，或调高节点的上限。' },
  ARCHIVE_CONTENT: { what: '来源不是文件', fix: '选择文件引用（blobId）所在的字段作为来源。' },
  'ARCHIVE_CONTENT/list': { what: '来源不是文件的列表', fix: '选择文件引用列表所在的字段作为来源。' },
  'ARCHIVE_CONTENT/item': { what: '列表中第 {entry} 项不是带名称的文件', fix: '每项须有 name，以及 blobId 或 content（文本或字节）。' },
};
