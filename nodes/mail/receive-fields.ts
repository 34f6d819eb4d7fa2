/** The fields that all versions of `mail.receive` have, and their check. */
import { Type, type Static } from 'typebox';
import type { ConfigProblem } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

const folder = (zh: string, en: string, zhHelp: string, enHelp: string, initial: string) =>
  Type.String({ ...fieldText(zh, en, zhHelp, enHelp), minLength: 1, maxLength: 200, default: initial });

export const folderFields = {
  folder: folder('收件文件夹', 'Folder', '其中的每封邮件启动一次流程。', 'Each mail in it starts the flow once.', 'INBOX'),
  doneFolder: folder(
    '已收文件夹',
    'Folder for processed mails',
    '安全存储后的邮件移到这里；没有时自动建立。',
    'The folder to which a mail is moved after it is safely stored; created if it does not exist.',
    'Processed',
  ),
  failedFolder: folder(
    '拒收文件夹',
    'Folder for refused mails',
    '过大、无法读取或流程拒收的邮件移到这里，等人查看。',
    'The folder to which mails are moved that are too large, unreadable or refused by the flow, so that someone can check them.',
    'Refused',
  ),
} as const;

export const everySecField = (...help: [zh?: string, en?: string]) =>
  Type.Integer({
    ...fieldText('检查间隔', 'Look every', ...help),
    ...fieldEditor('duration-sec'),
    minimum: 1,
    maximum: 86_400,
    default: 30,
  });

export const maxBytesField = (maximum: number, initial: number) =>
  Type.Integer({
    ...fieldText('单封上限', 'Largest mail', '含附件。', 'Including attachments.'),
    ...fieldEditor('size-bytes'),
    minimum: 1024,
    maximum,
    default: initial,
  });

type Folders = { readonly [Field in keyof typeof folderFields]: Static<(typeof folderFields)[Field]> };

/** What the shared parts of the versions read of their configuration. */
export interface ReceiveConfig extends Folders {
  readonly everySec: number;
  readonly maxBytes: number;
}

/**
 * Reports a target folder that is also the folder to read from. A moved mail would be a new mail there and start the
 * flow again, endlessly. Folder names are compared without regard to case, because servers may ignore case.
 */
export function checkFolders(config: Folders): readonly ConfigProblem[] {
  const inbox = config.folder.toLowerCase();
  return (['doneFolder', 'failedFolder'] as const)
    .filter((field) => config[field].toLowerCase() === inbox)
    .map((field) => ({
      path: `/${field}`,
      message: { 'zh-CN': '须不同于收件文件夹', en: 'must not be the folder from which mails are received' },
    }));
}
