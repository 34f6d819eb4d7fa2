import { Type } from 'typebox';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type GatewayError, type OptionProblem } from '../../contract.ts';
import { encodingsOf } from '../../content/content-encodings.ts';
import { mediaTypesOfFiles, type FileTypeName } from '../../content/file-types.ts';
import { mediaTypeOf } from '../../content/media.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import { refuse } from '../../errors.ts';

const FOR_FLOWS = [
  'application/json',
  'application/xml',
  'text/xml',
  'application/soap+xml',
  'text/plain',
  'application/octet-stream',
  'application/hl7-v2',
  'x-application/hl7-v2+er7',
];

/** The syntax of a media type (RFC 6838, 4.2). */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]*\/[A-Za-z0-9][\w!#$&^.+-]*$/;

/**
 * Accepts only bodies of listed media types, without a content coding if the gateway itself must read them. An interface
 * for files accepts those of its files, an upstream interface without a schema all.
 */
export default definePolicy({
  name: 'media-type',
  stage: 'headers',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '内容类型', en: 'Media type' },
    help: {
      'zh-CN': '仅接受列出的 Content-Type；默认流程接口接受 JSON、XML（含 SOAP）、纯文本、HL7 和二进制，带请求模式的接口只接受 JSON。',
      en: 'Accepts only the listed Content-Types; by default flows accept JSON, XML (SOAP too), plain text, HL7 and bytes, interfaces with a schema only JSON.',
    },
  },
  options: Type.Object(
    {
      accept: Type.Optional(
        Type.Array(Type.String({ ...fieldEditor('media-type'), maxLength: 100 }), {
          ...fieldText(
            '接受的类型',
            'Accepted types',
            '不填时：带请求格式的接口只接受 JSON，启用文件检查的接口接受所选文件的类型和 multipart/form-data，其余流程接口接受 JSON、XML、纯文本、HL7 和二进制。',
            'If left out, an interface with a request schema accepts JSON, one that checks files accepts their types and multipart/form-data, other flows accept JSON, XML, plain text, HL7 and bytes.',
            { example: 'application/json' },
          ),
          minItems: 1,
          maxItems: 50,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ accept }, target) => [...syntaxProblems(accept), ...fileProblems(accept, target)],
  isDefault: () => true,
  isOptional: () => false,
  compile({ accept }, target) {
    const accepted = accept?.map((type) => type.toLowerCase()) ?? defaultTypes(target!);
    const isReadHere = target!.target.kind === 'flow' || target!.requestSchema !== undefined;
    const encodings = encodingsOf(target!);
    const judgesEncoding = isReadHere || encodings.size > 0;
    if (accepted === undefined && !judgesEncoding) return undefined;
    const types = new Set(accepted);
    const refusal = refuseType(accepted);
    const refusedEncoding = encodings.size === 0 ? ENCODED : refuseEncoding([...encodings]);
    return ({ incoming }) => {
      const length = incoming.get('content-length');
      if ((length === undefined || length === '0') && !incoming.has('transfer-encoding')) return undefined;
      const encoding = incoming.get('content-encoding')?.toLowerCase();
      if (judgesEncoding && encoding !== undefined && encoding !== 'identity' && !encodings.has(encoding)) return refusedEncoding;
      if (accepted === undefined) return undefined;
      const type = mediaTypeOf(incoming.get('content-type') ?? '');
      return types.has(type) || (types.has('application/json') && type.endsWith('+json')) ? undefined : refusal;
    };
  },
});

function syntaxProblems(accept: readonly string[] = []): readonly OptionProblem[] {
  return accept.flatMap((value, i) =>
    MEDIA_TYPE.test(value)
      ? []
      : [
          {
            ...{ path: `/accept/${i}`, problem: 'media-type', value },
            message: `${value} is not a media type.`,
            fix: 'Write type/subtype, such as application/json, without parameters or a star.',
          },
        ],
  );
}

function fileProblems(accept: readonly string[] | undefined, target: InterfaceDocument): readonly OptionProblem[] {
  const files = filesOf(target);
  if (accept === undefined || files === undefined) return [];
  const types = mediaTypesOfFiles(files);
  if (accept.some((type) => isTypeOfFiles(type.toLowerCase(), types))) return [];
  return [
    {
      ...{ path: '/accept', problem: 'media-files', value: types.join(', ') },
      message: 'The interface accepts files, and none of these media types can carry one of them.',
      fix: `Add one of ${types.join(', ')}, or remove the media types or the check of files.`,
    },
  ];
}

/** A type such as application/fhir+json is JSON, and application/json stands for all such types. */
function isTypeOfFiles(type: string, types: readonly string[]): boolean {
  return types.includes(type) || ['json', 'xml'].some((name) => type.endsWith(`+${name}`) && types.includes(`application/${name}`));
}

function filesOf({ policies }: InterfaceDocument): readonly FileTypeName[] | undefined {
  const files = policies?.['file-type'];
  return files ? (files as { readonly accept: readonly FileTypeName[] }).accept : undefined;
}

function refuseType(accepted: readonly string[] = []): GatewayError {
  return refuse('GW41502', {
    text: {
      'zh-CN': `不支持该内容类型：Content-Type 须为 ${accepted.join('、')}`,
      en: `The media type is not supported: the Content-Type must be ${accepted.join(', ')}.`,
    },
  });
}

function refuseEncoding(accepted: readonly string[]): GatewayError {
  return refuse('GW41502', {
    text: {
      'zh-CN': `不支持该压缩方式：Content-Encoding 须为 ${accepted.join('、')}，或发送原文`,
      en: `The encoding is not supported: the Content-Encoding must be ${accepted.join(', ')}, or send the body without one.`,
    },
  });
}

const ENCODED = refuse('GW41502', {
  text: {
    'zh-CN': '该接口不接受压缩或编码的请求体：去除 Content-Encoding，发送原文',
    en: 'This interface does not accept a compressed or encoded body: send it without Content-Encoding.',
  },
});

function defaultTypes(target: InterfaceDocument): readonly string[] | undefined {
  if (target.requestSchema !== undefined) return ['application/json'];
  const files = filesOf(target);
  if (files !== undefined) return mediaTypesOfFiles(files);
  return target.target.kind === 'flow' ? FOR_FLOWS : undefined;
}
