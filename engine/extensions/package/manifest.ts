/** The file `manifest.json` of an extension: what it is, which nodes it has, and what it wants to reach and to use. */
import { Type, type Static } from 'typebox';
import { DESCRIPTION_PROPERTIES, NAME_PROPERTIES } from '../../contract/values/texts.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.Object(NAME_PROPERTIES, closed);
const Description = Type.Object(DESCRIPTION_PROPERTIES, closed);
const Texts = Type.Object({ label: Name, help: Description }, closed);

/** The prefix keeps the node types of extensions apart from those of the product, now and in the future. */
export const ExtensionId = Type.String({ pattern: '^x-[a-z][a-z0-9]*(-[a-z0-9]+)*$', maxLength: 40 });
export const ExtensionVersion = Type.String({ pattern: '^[1-9][0-9]{0,3}\\.(0|[1-9][0-9]{0,3})\\.(0|[1-9][0-9]{0,3})$' });
export const PublisherId = Type.String({ pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$', maxLength: 40 });

const Port = Type.Object({ name: Type.String({ pattern: '^[a-z][a-zA-Z0-9]{0,30}$' }), label: Name }, closed);

export const ExtensionNode = Type.Object(
  {
    /** The type of the node is `<id of the extension>.<verb>@<first number of its version>`. */
    verb: Type.String({ pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$', maxLength: 40 }),
    category: Type.Union([Type.Literal('call'), Type.Literal('transform'), Type.Literal('check')]),
    text: Texts,
    /** Markdown for the help panel. */
    help: Type.Optional(Description),
    effect: Type.Union([Type.Literal('pure'), Type.Literal('read'), Type.Literal('idempotent-write'), Type.Literal('write')]),
    /** Output ports besides `ok` and `error`. */
    ports: Type.Array(Port, { maxItems: 10, default: [] }),
    /** JSON Schema of the configuration, checked by `readConfigSchema`. */
    config: Type.Record(Type.String(), Type.Unknown()),
    samples: Type.Array(Type.Object({ name: Name, data: Type.Unknown() }, closed), { maxItems: 5, default: [] }),
  },
  closed,
);
export type ExtensionNode = Static<typeof ExtensionNode>;

/** As names of properties: typebox fills no defaults into a record with a pattern and other names. */
const ErrorName = Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,39}$' });

export const ExtensionError = Type.Object(
  { kind: Type.Union([Type.Literal('input'), Type.Literal('transient')]), text: Name, fix: Type.Optional(Name) },
  closed,
);
export type ExtensionError = Static<typeof ExtensionError>;

export const ExtensionLimits = Type.Object(
  {
    /** Memory for the code of the extension and what it works on. */
    memoryMb: Type.Integer({ minimum: 16, maximum: 512, default: 64 }),
    /** How long one call may take, including the requests that it makes. */
    callMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 10_000 }),
  },
  { ...closed, default: {} },
);
export type ExtensionLimits = Static<typeof ExtensionLimits>;

export const ExtensionManifest = Type.Object(
  {
    schema: Type.Literal('extension/1'),
    id: ExtensionId,
    version: ExtensionVersion,
    publisher: PublisherId,
    text: Texts,
    permissions: Type.Object(
      {
        /** `host:port` of the systems that it may send HTTP requests to. */
        connect: Type.Array(Type.String({ pattern: '^([a-z0-9.-]{1,253}|\\[[0-9a-f:.]{2,45}\\]):[1-9][0-9]{0,4}$' }), {
          maxItems: 20,
          uniqueItems: true,
          default: [],
        }),
      },
      { ...closed, default: {} },
    ),
    limits: ExtensionLimits,
    /** Errors that its nodes may report, by name. Their texts are fixed, so that no personal data gets into a record. */
    errors: Type.Record(Type.String(), ExtensionError, { propertyNames: ErrorName, maxProperties: 50, default: {} }),
    nodes: Type.Array(ExtensionNode, { minItems: 1, maxItems: 20 }),
  },
  closed,
);
export type ExtensionManifest = Static<typeof ExtensionManifest>;

export function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}

/** Returns the id of a version of an extension: `x-acme-lab@1.2.0`. */
export function versionId({ id, version }: Pick<ExtensionManifest, 'id' | 'version'>): string {
  return `${id}@${version}`;
}

/**
 * Returns the line of versions that a node type belongs to: `x-acme-lab@1` for `x-acme-lab.format@1`. Undefined for a
 * node type of the product.
 */
export function extensionLineOf(nodeType: string): string | undefined {
  const [, id, major] = /^(x-[a-z0-9-]+)\.[a-z0-9-]+@(\d+)$/.exec(nodeType) ?? [];
  return id === undefined ? undefined : `${id}@${major}`;
}
