/** Settings of SOAP adapters: those of HTTP, and what only SOAP needs. */
import { Type, type Static } from 'typebox';
import type { Adapter } from '../../engine/contract/node/adapter.ts';
import { fieldEditor, fieldGroup, fieldText } from '../../engine/contract/values/texts.ts';
import { HttpSettings } from '../shared/http/settings.ts';

const closed = { additionalProperties: false } as const;

/** Files of a description that people upload. `content` is Base64 of the file, of its gzip form, or of a ZIP archive. */
export const UploadedFiles = Type.Array(
  Type.Object(
    {
      name: Type.String({
        ...fieldText('文件名', 'File name', undefined, undefined, { pattern: ['不含控制字符', 'No control characters'] }),
        minLength: 1,
        maxLength: 200,
        pattern: '^[^\\x00-\\x1f]+$',
      }),
      content: Type.String({
        ...fieldText('内容（压缩）', 'Content (compressed)', undefined, undefined, { pattern: ['Base64 编码', 'Base64'] }),
        maxLength: 300_000,
        pattern: '^[A-Za-z0-9+/]*={0,2}$',
      }),
    },
    closed,
  ),
  {
    ...fieldText(
      '服务描述文件',
      'Files of the description',
      'WSDL 及其引用的 XSD，可上传多个文件或一个 ZIP。上传后从这些文件读取操作，不再访问对方的 ?wsdl。',
      'The WSDL and the XSD files that it imports, several files or a ZIP. The operations are then read from them, and no longer from the other side at ?wsdl.',
    ),
    ...fieldEditor('files'),
    maxItems: 50,
  },
);
export type UploadedFiles = Static<typeof UploadedFiles>;

const SignerCertificates = Type.String({
  ...fieldGroup('advanced'),
  ...fieldText(
    '对方签名证书',
    'Certificates of the signer',
    'PEM：对方签名用的证书，或签发它的 CA 证书，可放多张。用于验证应答的 WS-Security 签名。',
    'PEM: the certificates with which the other side signs, or those of the CA that issues them. They verify the WS-Security signature of answers.',
  ),
  ...fieldEditor('long-text'),
  maxLength: 100_000,
});

export const SoapSettings = Type.Object(
  { ...HttpSettings.properties, wsdl: Type.Optional(UploadedFiles), signers: Type.Optional(SignerCertificates) },
  closed,
);
export type SoapSettings = Static<typeof SoapSettings>;

const ofHttp = new WeakMap<Adapter, Adapter>();

/** Returns the adapter with only the settings that HTTP calls need; always the same one for the same adapter. */
export function httpAdapter(adapter: Adapter): Adapter {
  const known = ofHttp.get(adapter);
  if (known !== undefined) return known;
  const settings = Object.fromEntries(Object.entries(adapter.settings).filter(([name]) => Object.hasOwn(HttpSettings.properties, name)));
  const http: Adapter = { ...adapter, settings };
  ofHttp.set(adapter, http);
  return http;
}
