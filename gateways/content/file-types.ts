/** A type of file that interfaces can accept. */
interface FileType {
  readonly label: readonly [zhCN: string, en: string];
  /** What senders declare. The first is the registered media type. */
  readonly mediaTypes: readonly string[];
  /** Extensions of names, in lower case. */
  readonly extensions: readonly string[];
  /** The kinds of content (`detectFile`) that agree with the type; its own name if left out. */
  readonly kinds?: readonly string[];
}

const OFFICE = 'application/vnd.openxmlformats-officedocument';

/** Types by name. Windows declares CSV files as Excel, and ZIP archives by a name of its own. */
export const FILE_TYPES = {
  pdf: { label: ['PDF', 'PDF'], mediaTypes: ['application/pdf'], extensions: ['pdf'] },
  dicom: { label: ['DICOM 影像', 'DICOM'], mediaTypes: ['application/dicom', 'image/dicom'], extensions: ['dcm', 'dicom', 'dic'] },
  jpeg: { label: ['JPEG 图片', 'JPEG'], mediaTypes: ['image/jpeg', 'image/jpg', 'image/pjpeg'], extensions: ['jpg', 'jpeg', 'jfif'] },
  png: { label: ['PNG 图片', 'PNG'], mediaTypes: ['image/png', 'image/apng', 'image/x-png'], extensions: ['png', 'apng'] },
  tiff: { label: ['TIFF 图片', 'TIFF'], mediaTypes: ['image/tiff'], extensions: ['tif', 'tiff'] },
  bmp: { label: ['BMP 图片', 'BMP'], mediaTypes: ['image/bmp', 'image/x-ms-bmp'], extensions: ['bmp', 'dib'] },
  gif: { label: ['GIF 图片', 'GIF'], mediaTypes: ['image/gif'], extensions: ['gif'] },
  docx: { label: ['Word 文档（docx）', 'Word (docx)'], mediaTypes: [`${OFFICE}.wordprocessingml.document`], extensions: ['docx'] },
  xlsx: { label: ['Excel 表格（xlsx）', 'Excel (xlsx)'], mediaTypes: [`${OFFICE}.spreadsheetml.sheet`], extensions: ['xlsx'] },
  pptx: { label: ['PowerPoint（pptx）', 'PowerPoint (pptx)'], mediaTypes: [`${OFFICE}.presentationml.presentation`], extensions: ['pptx'] },
  ofd: { label: ['OFD 版式文件', 'OFD'], mediaTypes: ['application/ofd'], extensions: ['ofd'] },
  zip: { label: ['ZIP 压缩包', 'ZIP'], mediaTypes: ['application/zip', 'application/x-zip-compressed'], extensions: ['zip'] },
  csv: {
    label: ['CSV', 'CSV'],
    mediaTypes: ['text/csv', 'application/csv', 'text/plain', 'application/vnd.ms-excel'],
    extensions: ['csv'],
    kinds: ['text', 'json'],
  },
  txt: { label: ['纯文本（txt）', 'Plain text (txt)'], mediaTypes: ['text/plain'], extensions: ['txt'], kinds: ['text', 'json', 'xml'] },
  json: { label: ['JSON', 'JSON'], mediaTypes: ['application/json', 'text/json', 'text/plain'], extensions: ['json'] },
  xml: { label: ['XML', 'XML'], mediaTypes: ['application/xml', 'text/xml', 'text/plain'], extensions: ['xml'] },
} as const satisfies Readonly<Record<string, FileType>>;

export type FileTypeName = keyof typeof FILE_TYPES;
export const FILE_TYPE_NAMES = Object.keys(FILE_TYPES) as FileTypeName[];

/** Media types that say nothing about the content. Browsers send them for files that they do not know. */
const UNSPECIFIC = ['', 'application/octet-stream', 'binary/octet-stream'];

/** Returns the media types of requests that may carry such files: a form with files, or one file as the body. */
export function mediaTypesOfFiles(accepted: readonly FileTypeName[]): readonly string[] {
  const own = accepted.flatMap((name) => [...FILE_TYPES[name].mediaTypes]);
  return [...new Set(['multipart/form-data', 'application/octet-stream', ...own])];
}

/** Returns the accepted types that a kind of content agrees with. */
export function typesOfKind(kind: string, accepted: readonly FileTypeName[]): readonly FileTypeName[] {
  return accepted.filter((name) => ((FILE_TYPES[name] as FileType).kinds ?? [name]).includes(kind));
}

export function isOfMediaType(name: FileTypeName, mediaType: string): boolean {
  if (UNSPECIFIC.includes(mediaType) || (FILE_TYPES[name] as FileType).mediaTypes.includes(mediaType)) return true;
  return (name === 'json' || name === 'xml') && mediaType.endsWith(`+${name}`);
}

/** A name without an extension says nothing: files of DICOM media have none. */
export function isOfExtension(name: FileTypeName, extension: string | undefined): boolean {
  return extension === undefined || (FILE_TYPES[name] as FileType).extensions.includes(extension);
}
