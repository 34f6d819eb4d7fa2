import { Type, type Static } from 'typebox';
import { fieldEditor, fieldText, type Text } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError } from '../../contract.ts';
import { detectFile, type Detected } from '../../content/detect-file.ts';
import { detectText } from '../../content/detect-text.ts';
import { extensionOf, findNameProblem } from '../../content/file-name.ts';
import { FILE_TYPE_NAMES, FILE_TYPES, isOfExtension, isOfMediaType, typesOfKind, type FileTypeName } from '../../content/file-types.ts';
import { mediaTypeOf } from '../../content/media.ts';
import { readMultipart, type Part } from '../../content/read-multipart.ts';
import { OneOf } from '../../documents/document-fields.ts';
import { refuse } from '../../errors.ts';
import { showPointer } from '../../shared/masking/plain-names.ts';

const DEFAULT_FILES = 10;
const DEFAULT_FIELDS = 100;
const MOST_PARTS = 1000;

const Options = Type.Object(
  {
    accept: Type.Array(
      OneOf(FILE_TYPE_NAMES, {
        ...fieldText('类型', 'Type', undefined, undefined, {
          options: Object.fromEntries(FILE_TYPE_NAMES.map((name) => [name, FILE_TYPES[name].label])),
        }),
      }),
      {
        ...fieldText(
          '接受的文件',
          'Accepted files',
          '按文件内容判断。文本类（CSV、txt、JSON、XML）没有固定的文件头：须为 UTF-8 或 GB18030 编码、不含控制字符的文本，JSON 和 XML 只看首尾，完整校验请用请求格式。',
          'Judged by content. Texts (CSV, txt, JSON, XML) have no signature: they must be UTF-8 or GB18030 without control characters; of JSON and XML only start and end are read, a request schema checks them in full.',
          { options: Object.fromEntries(FILE_TYPE_NAMES.map((name) => [name, FILE_TYPES[name].label])) },
        ),
        minItems: 1,
        maxItems: FILE_TYPE_NAMES.length,
        uniqueItems: true,
      },
    ),
    maxFileBytes: Type.Optional(
      Type.Integer({
        ...fieldText('单个文件上限', 'Largest file', '不填时只受请求体上限限制。', 'If left out, only the body limit applies.'),
        ...fieldEditor('size-bytes'),
        minimum: 1,
        maximum: 1024 * 1024 * 1024,
      }),
    ),
    maxFiles: Type.Optional(
      Type.Integer({
        ...fieldText('文件数上限', 'Most files', '一次请求中的文件数。', 'Files in one request.'),
        minimum: 1,
        maximum: MOST_PARTS,
        default: DEFAULT_FILES,
      }),
    ),
    maxFields: Type.Optional(
      Type.Integer({
        ...fieldText('字段数上限', 'Most fields', '一次请求中文件以外的表单字段数。', 'Fields of the form that are no files.'),
        minimum: 0,
        maximum: MOST_PARTS,
        default: DEFAULT_FIELDS,
      }),
    ),
  },
  { additionalProperties: false },
);

/**
 * Accepts only files of listed types. What the sender declares, the extension of the name and the content must agree.
 * Judges the files of a `multipart/form-data` body, and any other body as one file.
 */
export default definePolicy({
  name: 'file-type',
  stage: 'content',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '文件检查', en: 'Files' },
    help: {
      'zh-CN':
        '请求体（或 multipart 表单中的文件）须为所选类型：Content-Type、扩展名与文件内容一致，否则返回 GW41501。程序、脚本、网页、SVG、带宏的 Office 文件，以及同时也是另一种文件的文件（如图片后附 ZIP、图片首尾 64 KB 内含脚本）一律拒绝；ZIP 内有程序或上级路径的也拒绝。压缩包内的文件内容不展开检查。',
      en: 'The body, or each file of a multipart form, must be of a selected type: Content-Type, extension and content agree, else GW41501. Programs, scripts, pages, SVG, office files with macros, and files that are of a second type too (a ZIP behind a picture, a script in its first or last 64 KB) are refused, as are archives with programs or parent paths. What archives contain is not unpacked.',
    },
  },
  options: Options,
  findProblems: ({ accept }, { requestSchema }) =>
    requestSchema === undefined || accept.includes('json')
      ? []
      : [
          {
            ...{ path: '/accept', problem: 'file-schema', value: '' },
            message: 'The interface has a request schema, so it accepts JSON only and never gets such a file.',
            fix: 'Remove the request schema, or accept JSON.',
          },
        ],
  reads: () => ({ body: true }),
  isDefault: () => false,
  isOptional: () => true,
  compile(options) {
    const limits = toLimits(options);
    return (exchange) => {
      const { body } = exchange;
      if (body === undefined || body.byteLength === 0 || isOpenedInside(exchange)) return undefined;
      const coding = exchange.headers['content-encoding'] ?? 'identity';
      if (coding !== 'identity') return COMPRESSED;
      const contentType = exchange.incoming.get('content-type') ?? '';
      const mediaType = mediaTypeOf(contentType);
      if (!mediaType.startsWith('multipart/')) return judge(exchange, [{ place: '/body', mediaType, names: [], content: body }], limits);
      const parts = mediaType === 'multipart/form-data' ? readMultipart(body, contentType) : undefined;
      if (parts === undefined) return MALFORMED;
      return judgeParts(exchange, parts, limits);
    };
  },
});

interface Limits extends Required<Pick<Static<typeof Options>, 'accept' | 'maxFiles' | 'maxFields'>> {
  readonly maxFileBytes: number;
  /** The accepted types as callers read them. */
  readonly inWords: Text;
}

function toLimits({
  accept,
  maxFileBytes = Infinity,
  maxFiles = DEFAULT_FILES,
  maxFields = DEFAULT_FIELDS,
}: Static<typeof Options>): Limits {
  const inWords = {
    'zh-CN': accept.map((name) => FILE_TYPES[name].label[0]).join('、'),
    en: accept.map((name) => FILE_TYPES[name].label[1]).join(', '),
  };
  return { accept, maxFileBytes, maxFiles, maxFields, inWords };
}

/** A gateway in the DMZ cannot open some bodies: the one inside does, and then judges the files. */
function isOpenedInside({ plan, front, incoming, envelope }: Exchange): boolean {
  if (!plan.isHandedOut) return false;
  return (front === 'open' && incoming.has('x-kq-enc') && envelope === undefined) || incoming.has('content-encoding');
}

interface SentFile {
  /** JSON Pointer of the part; the name of the file may hold personal data. */
  readonly place: string;
  readonly mediaType: string;
  readonly names: readonly string[];
  readonly content: Uint8Array;
}

const NO_NAMES: ReadonlySet<string> = new Set();

function judgeParts(
  exchange: Exchange,
  parts: readonly Part[],
  limits: Limits,
): Promise<GatewayError | undefined> | GatewayError | undefined {
  const files: SentFile[] = [];
  let fields = 0;
  for (const part of parts) {
    const place = showPointer(`/body/${part.name.replaceAll('~', '~0').replaceAll('/', '~1')}`, NO_NAMES);
    // A form sends an empty part for a file that was not chosen.
    const isFile = part.fileNames.some((name) => name !== '') || (part.fileNames.length > 0 && part.content.length > 0);
    if (isFile) files.push({ place, mediaType: mediaTypeOf(part.mediaType), names: part.fileNames, content: part.content });
    else if (detectText(part.content) === undefined) return refusePart(exchange, place, 'field', BINARY_FIELD);
    else fields++;
  }
  if (files.length > limits.maxFiles) return refuseCount(['文件', 'files'], files.length, limits.maxFiles);
  if (fields > limits.maxFields) return refuseCount(['表单字段', 'form fields'], fields, limits.maxFields);
  return judge(exchange, files, limits);
}

async function judge(exchange: Exchange, files: readonly SentFile[], limits: Limits): Promise<GatewayError | undefined> {
  for (const file of files) {
    const { place, content } = file;
    if (content.byteLength > limits.maxFileBytes) return refuseSize(place, content.byteLength, limits.maxFileBytes);
    const nameProblem = file.names.map(findNameProblem).find((problem) => problem !== undefined);
    if (nameProblem !== undefined) return refusePart(exchange, place, `name ${nameProblem}`, NAME_TEXTS[nameProblem]);
    const detected = await detectFile(content);
    const text = findFault(file, detected, limits);
    if (text !== undefined) return refusePart(exchange, place, detected.fault ?? detected.kind ?? 'unknown', text);
  }
  return undefined;
}

/** Returns what is wrong with a file: its type is not accepted, it is of two types, or it is not what it is said to be. */
function findFault({ mediaType, names }: SentFile, { kind, fault }: Detected, { accept, inWords }: Limits): Text | undefined {
  if (kind === undefined) return unknownText(inWords);
  const types = typesOfKind(kind, accept);
  if (types.length === 0) return notAcceptedText(kind, inWords);
  if (fault !== undefined) return FAULT_TEXTS[fault];
  const declared = types.filter((name) => isOfMediaType(name, mediaType));
  if (declared.length === 0) return disagreesText(kind, { 'zh-CN': '声明的 Content-Type', en: 'the declared Content-Type' });
  const isNamedSo = names.map(extensionOf).every((extension) => declared.some((name) => isOfExtension(name, extension)));
  return isNamedSo ? undefined : disagreesText(kind, { 'zh-CN': '文件名的扩展名', en: 'the extension of the file name' });
}

/** Leaves out the name of the file and its text: both may hold personal data. */
function refusePart(exchange: Exchange, place: string, what: string, text: Text): GatewayError {
  exchange.note({ policy: 'file-type', where: place, what });
  return refuse('GW41501', {
    text: { 'zh-CN': `${place}：${text['zh-CN']}`, en: `${place}: ${text.en}` },
    issues: [{ path: place, message: text.en }],
  });
}

function refuseCount([zhCN, en]: readonly [string, string], found: number, most: number): GatewayError {
  return refuse('GW41301', {
    text: {
      'zh-CN': `一次请求中的${zhCN}过多：${found} 个，上限 ${most} 个。请分几次发送，或联系平台调高上限`,
      en: `The request has too many ${en}: ${found}, at most ${most}. Send it in several requests, or ask the platform for more.`,
    },
  });
}

function refuseSize(place: string, found: number, most: number): GatewayError {
  return refuse('GW41301', {
    text: {
      'zh-CN': `${place}：文件过大：${found} 字节，上限 ${most} 字节。请压缩或拆分，或联系平台调高上限`,
      en: `${place}: the file is too large: ${found} bytes, at most ${most}. Send a smaller file, or ask the platform for more.`,
    },
    issues: [{ path: place, message: `the file has more than ${most} bytes` }],
  });
}

function unknownText(accepted: Text): Text {
  return {
    'zh-CN': `无法识别文件内容（空文件、损坏，或不是常见类型）；该接口接受：${accepted['zh-CN']}`,
    en: `the content is of no known type (empty, damaged, or rare); this interface accepts ${accepted.en}.`,
  };
}

function notAcceptedText(kind: string, accepted: Text): Text {
  const [zhCN, en] = kindInWords(kind);
  return {
    'zh-CN': `文件内容是${zhCN}，该接口只接受：${accepted['zh-CN']}`,
    en: `the content is ${en}, but this interface accepts only ${accepted.en}.`,
  };
}

function disagreesText(kind: string, stated: Text): Text {
  const [zhCN, en] = kindInWords(kind);
  return {
    'zh-CN': `文件内容是${zhCN}，与${stated['zh-CN']}不符：请使用与内容一致的 Content-Type 和扩展名`,
    en: `the content is ${en}, which disagrees with ${stated.en}: send the Content-Type and extension of the content.`,
  };
}

/** Kinds of content that no interface accepts, and that callers know by another name. */
const OTHER_KINDS: Readonly<Record<string, readonly [zhCN: string, en: string]>> = {
  text: ['纯文本', 'plain text'],
  html: ['网页（HTML）', 'a page (HTML)'],
  svg: ['SVG 图形', 'SVG'],
  script: ['脚本', 'a script'],
  exe: ['Windows 程序', 'a Windows program'],
  elf: ['Linux 程序', 'a Linux program'],
  docm: ['带宏的 Word 文档', 'a Word document with macros'],
  xlsm: ['带宏的 Excel 表格', 'an Excel workbook with macros'],
  pptm: ['带宏的 PowerPoint', 'a PowerPoint presentation with macros'],
  cfb: ['旧版 Office 文件（doc、xls、ppt）或安装包', 'an office file of the old format (doc, xls, ppt) or an installer'],
};

function kindInWords(kind: string): readonly [zhCN: string, en: string] {
  if (kind in FILE_TYPES) return FILE_TYPES[kind as FileTypeName].label;
  return OTHER_KINDS[kind] ?? [kind.toUpperCase(), kind.toUpperCase()];
}

const FAULT_TEXTS: Readonly<Record<NonNullable<Detected['fault']>, Text>> = {
  'two-types': {
    'zh-CN': '文件同时可作为另一种文件读取（其后附有压缩包，或含有网页脚本）：请重新导出，只保留一种内容',
    en: 'the file can also be read as another type (an archive behind it, or markup with a script in it): export it again with one content only.',
  },
  archive: {
    'zh-CN': '压缩包损坏，或不同软件会读出不同的内容：请用常用工具重新打包，不要分卷或超过 4 GB',
    en: 'the archive is damaged, or two programs would read it differently: pack it again with a usual tool, in one volume below 4 GB.',
  },
  members: {
    'zh-CN': '压缩包内有程序、脚本或指向上级目录的路径：去除后重新打包',
    en: 'the archive holds programs, scripts, or paths that lead out of it: remove them and pack it again.',
  },
};

const NAME_TEXTS: Readonly<Record<NonNullable<ReturnType<typeof findNameProblem>>, Text>> = {
  path: {
    'zh-CN': '文件名不可接受：只能是不含路径和控制字符的文件名，最多 255 个字符，不以点或空格结尾',
    en: 'the file name is not acceptable: a plain name without path or control characters, at most 255 characters, with no dot or space at its end.',
  },
  executable: {
    'zh-CN': '文件名中含有程序或脚本的扩展名：请改名',
    en: 'the file name has the extension of a program or a script in it: rename the file.',
  },
};

const BINARY_FIELD: Text = {
  'zh-CN': '表单字段须为 UTF-8 或 GB18030 文本；文件请携带文件名（filename）发送',
  en: 'a form field must be text in UTF-8 or GB18030; send a file with its name (filename).',
};

const MALFORMED = refuse('GW40001', {
  text: {
    'zh-CN': 'multipart 请求体不可接受：须为 multipart/form-data，按 RFC 7578 以 CRLF 分段，头和参数不重复，最多 1000 段',
    en: 'The multipart body is not acceptable: send multipart/form-data as RFC 7578 says, with CRLF, no repeated header or parameter, and at most 1000 parts.',
  },
});
const COMPRESSED = refuse('GW41502', {
  text: {
    'zh-CN': '该接口检查文件内容，无法读取压缩的请求体：去除 Content-Encoding，发送原文',
    en: 'This interface checks files and cannot read a compressed body: send it without Content-Encoding.',
  },
});
