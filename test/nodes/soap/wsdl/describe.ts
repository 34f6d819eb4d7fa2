/** Small descriptions for tests, and reading them as files that a person uploads. */
import { deflateRawSync, gzipSync, crc32 } from 'node:zlib';
import { systemClock } from '../../../../engine/host/system-clock.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import type { Offer } from '../../../../engine/contract/node/node.ts';
import { readOffers } from '../../../../nodes/soap/offers.ts';

export const NAMES =
  'xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t"';

/** A description whose operation `op` sends the element `in` and gets `out`. `types` is the content of `w:types`. */
export function wsdlOf(types: string, more = '', parts = '<w:part name="p" element="t:in"/>'): string {
  return `<w:definitions ${NAMES} targetNamespace="urn:t">${more}
<w:types>${types}</w:types>
<w:message name="m">${parts}</w:message>
<w:message name="r"><w:part name="p" element="t:out"/></w:message>
<w:portType name="P"><w:operation name="op"><w:input message="t:m"/><w:output message="t:r"/></w:operation></w:portType>
<w:binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<w:operation name="op"><s:operation soapAction="urn:op"/><w:input><s:body use="literal"/></w:input><w:output><s:body use="literal"/></w:output></w:operation></w:binding>
<w:service name="S"><w:port name="Port" binding="t:B"><s:address location="http://inner/s"/></w:port></w:service></w:definitions>`;
}

export function schemaOf(content: string, more = 'targetNamespace="urn:t" elementFormDefault="qualified"'): string {
  return `<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" ${more}>${content}</x:schema>`;
}

export type Files = Readonly<Record<string, string | Buffer>>;

/** Reads files as they are uploaded, each compressed. */
export function upload(files: Files): Promise<readonly Offer[]> {
  const wsdl = Object.entries(files).map(([name, content]) => ({ name, content: gzipSync(content).toString('base64') }));
  return offersOf({ baseUrl: 'http://service.invalid/s', wsdl });
}

export function offersOf(settings: Readonly<Record<string, unknown>>, outbound = anywhere): Promise<readonly Offer[]> {
  const limits = { timeoutMs: 10_000, connectTimeoutMs: 1000, maxConcurrency: 4, maxResponseBytes: 10_000_000 };
  return readOffers({
    adapter: { adapterId: 'adp_x', protocol: 'soap', settings, limits } as never,
    signal: AbortSignal.timeout(30_000),
    clock: systemClock,
    outbound,
    files: anyFile,
    secret: () => Promise.resolve('user:word'),
  });
}

/** A ZIP archive with compressed entries (APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16). */
export function zipOf(files: Files): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), common, rest, name]));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(Buffer.concat(central).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, ...central, Buffer.from('PK\u0005\u0006'), end]);
}
