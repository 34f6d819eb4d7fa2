import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { FileSettings } from './stores/settings.ts';
import { portOf } from './use-store.ts';

export default defineAdapter({
  protocol: 'file',
  icon: 'folder',
  choice: 'kind',
  text: {
    label: { 'zh-CN': '文件', en: 'Files' },
    help: {
      'zh-CN': '本机目录，或 FTP、FTPS、SFTP 服务器：流程从中取文件，或写入文件；平台也可作为 FTP 服务器接收。',
      en: 'A folder of this machine, or an FTP, FTPS or SFTP server, from which flows take files and to which they write; or the platform itself as FTP server.',
    },
    usedFor: {
      'zh-CN': 'LIS 文件、检验报告、共享目录、CSV 与 Excel 对账文件',
      en: 'files and reports of a LIS, shared folders, CSV and Excel files',
    },
    words: '目录 文件夹 上传 下载',
  },
  settings: FileSettings,
  credential: {
    'zh-CN': '用户的密码；SFTP 也可以是未加密的私钥（PEM）。本机目录不需要。平台作为 FTP 服务器时：每行一个用户，写作 名称:密码。',
    en: 'The password of the user; for SFTP also a private key without passphrase (PEM). Not needed for local folders. For the platform as FTP server: one user per line, as name:password.',
  },
  connectsTo: (settings) => {
    const { host } = settings as FileSettings;
    const port = portOf(settings as FileSettings);
    return host === undefined || port === undefined ? [] : [{ host, port }];
  },
  hasCharset: true,
});
