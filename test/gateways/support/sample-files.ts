/** Small files of many types, made here byte by byte. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string | Buffer;
  readonly content?: string;
  /** The name in the member's own head, if the directory says another. */
  readonly localName?: string;
}

/** A ZIP archive as usual tools write it. */
export function makeZip(members: readonly (string | ZipMember)[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const given of members) {
    const { name, content = '<x/>', localName }: ZipMember = typeof given === 'string' ? { name: given } : given;
    const nameBytes = Buffer.from(name as string);
    const localBytes = localName === undefined ? nameBytes : Buffer.from(localName);
    const plain = Buffer.from(content);
    const packed = deflateRawSync(plain);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, localBytes, packed]);
    local.writeUInt16LE(localBytes.length, 26);
    locals.push(local);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, nameBytes]));
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...locals, central, end, Buffer.from(comment)]);
}

const office = (directory: string, main: string, ...more: string[]) =>
  makeZip(['[Content_Types].xml', '_rels/.rels', `${directory}/${main}`, ...more.map((name) => `${directory}/${name}`)]);

const png = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde', 'latin1'),
  Buffer.from('\x00\x00\x00\x0cIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\r\xefF\xb8', 'latin1'),
  Buffer.from('\x00\x00\x00\x00IEND\xaeB`\x82', 'latin1'),
]);
const bmp = Buffer.alloc(58);
bmp.write('BM');
bmp.writeUInt32LE(58, 2);
bmp.writeUInt32LE(54, 10);
bmp.writeUInt32LE(40, 14);

export const FILES = {
  pdf: Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'),
  dicom: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM\x02\x00\x00\x00UL\x04\x00\xc0\x00\x00\x00', 'latin1'), Buffer.alloc(200)]),
  jpeg: Buffer.from('\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9', 'latin1'),
  png,
  tiff: Buffer.from('II*\x00\x08\x00\x00\x00\x01\x00\x00\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00', 'latin1'),
  bmp,
  gif: Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1'),
  docx: office('word', 'document.xml'),
  xlsx: office('xl', 'workbook.xml'),
  pptx: office('ppt', 'presentation.xml'),
  ofd: makeZip(['OFD.xml', 'Doc_0/Document.xml']),
  zip: makeZip(['a.txt', 'b/c.dcm']),
  csv: Buffer.from('MZ号,姓名\r\n1,张三\r\n'),
  txt: Buffer.from('BM 检验结果正常'),
  json: Buffer.from('\ufeff{"a":1}\n'),
  xml: Buffer.from('<?xml version="1.0"?><!-- x --><ClinicalDocument/>'),
  exe: Buffer.concat([Buffer.from('MZ\x90\x00\x03\x00\x00\x00', 'latin1'), Buffer.alloc(300)]),
  elf: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01\x00', 'latin1'), Buffer.alloc(300)]),
  html: Buffer.from('<!-- x -->\n<!DOCTYPE html><script>alert(1)</script>'),
  svg: Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
  script: Buffer.from('#!/bin/sh\nrm -rf /\n'),
  docm: office('word', 'document.xml', 'vbaProject.bin'),
  jar: makeZip(['META-INF/MANIFEST.MF', 'A.txt']),
} as const;
