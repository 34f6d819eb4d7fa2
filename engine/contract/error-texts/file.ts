/** Chinese texts of the errors of file nodes (`nodes/file`). */
import type { ErrorTemplates } from './template.ts';

export const fileTexts: ErrorTemplates = {
  FILE_CONNECT_FAILED: { what: '无法连接文件服务器 {host}:{port}（{reason}）', fix: '用适配器的连接测试检查地址、防火墙与证书。' },
  FILE_LOGIN_REFUSED: { what: '文件服务器不接受该用户或凭据（{code}）', fix: '更正适配器的用户或凭据，或联系服务器管理员。' },
  FILE_TLS_REQUIRED: {
    what: '该适配器会不加密地传输口令与患者数据',
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
  FILE_MISSING: { what: '文件或目录不存在，或该用户无权访问', fix: '更正路径，或更正该用户的权限。' },
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
  FILE_TOO_MANY: { what: '目录中的条目超过 {limit} 个', fix: '移走已完成的文件，或分到几个目录。' },
  FILE_TOO_LARGE: { what: '文件超过 {limitBytes} 字节', fix: '调高节点的上限，或输出文件引用。' },
  FILE_CHANGED: { what: '文件在传输中被改动，或传输中断', fix: '会自动重做；若一再出现，是其他程序在写该文件。' },
  'FILE_TLS_REQUIRED/loopback': { what: '不使用 TLS 的 FTP 接收只能在本机回环上', fix: '不要在适配器中关闭 TLS，或监听 127.0.0.1。' },
  'FILE_TLS_REQUIRED/certificate': { what: '监听没有证书', fix: '为平台配置 TLS 证书，或监听 127.0.0.1。' },
  FILE_ADAPTER_KIND: { what: '该适配器只经 FTP 接收，没有可读写的文件', fix: '改用目录、FTP 或 SFTP 服务器的适配器。' },
  FILE_NO_USERS: { what: '该适配器没有可以上传的用户', fix: '在其凭据中每行写一个用户：名称:口令。' },
  FILE_LISTEN_FAILED: { what: '无法监听 {host}:{port}（{reason}）', fix: '释放该端口，或在适配器的参数中另选。' },
  FILE_NO_CONTENT: { what: '没有要写入文件的内容', fix: '在此节点之前设置内容。' },
  FILE_WRITE_UNKNOWN: { what: '文件改名时连接中断，不确定是否完成', fix: '在目录中查看文件是否已在。' },
};
