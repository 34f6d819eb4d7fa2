/**
 * The documents of an installation besides its flows, with the data that the command line needs to list, fetch, apply
 * and delete them.
 */

/** A stored document; `revision` counts its saves. */
export interface ResourceDocument {
  readonly revision?: number;
  readonly [field: string]: unknown;
}

export interface Resource {
  /** Name of the command, as in `kangqiao adapter …`. */
  readonly command: string;
  /** Plural of the name, for sentences. */
  readonly plural: string;
  /** Path below `/api/v1`. */
  readonly path: string;
  readonly idField: string;
  /** Columns of the list besides id and name: each heading with the function that returns the cell. */
  readonly columns: Readonly<Record<string, (document: ResourceDocument) => string>>;
  /** Set if gateways may cache responses of what a document describes. */
  readonly isCached?: true;
  /** Path below `/api/v1` that checks a document without saving it. */
  readonly validatePath?: string;
  /** Summary of the subcommand `delete`. */
  readonly deleteSummary: string;
  /** Set if a single document cannot be read by its id and must be looked up in the list. */
  readonly isListedOnly?: true;
  /** Fields of a list that are no part of the document. */
  readonly computed?: readonly string[];
  readonly example: string;
}

const field = (name: string) => (document: ResourceDocument) => String(document[name] ?? '');

export const RESOURCES: readonly Resource[] = [
  {
    command: 'adapter',
    plural: 'adapters',
    path: '/adapters',
    idField: 'adapterId',
    columns: { PROTOCOL: field('protocol'), DOMAIN: field('domain') },
    deleteSummary: 'delete one; refused while flows use it',
    example: 'adp_hospital_a',
  },
  {
    command: 'interface',
    plural: 'interfaces',
    path: '/interfaces',
    idField: 'interfaceId',
    columns: { FRONT: field('front'), METHOD: field('method'), PATH: field('path'), STATE: field('state') },
    validatePath: '/interfaces/validate',
    isCached: true,
    deleteSummary: 'delete one with its grants, immediately, even while it is in use',
    example: 'ifc_appointment_create',
  },
  {
    command: 'app',
    plural: 'apps',
    path: '/apps',
    idField: 'appId',
    columns: { CALLER: field('caller'), STATE: field('state') },
    deleteSummary: 'delete one with its keys, grants and bus consumers, immediately, even while it is in use',
    example: 'A10021',
  },
  {
    command: 'grant',
    plural: 'grants',
    path: '/grants',
    idField: 'grantId',
    columns: { APP: field('appId'), INTERFACE: field('interfaceId') },
    deleteSummary: 'delete one, immediately: its app can no longer call that interface',
    isListedOnly: true,
    example: 'grt_A10021_appointment_create',
  },
  {
    command: 'service',
    plural: 'services',
    path: '/services',
    idField: 'serviceId',
    columns: { DOMAIN: field('domain'), STATE: field('state') },
    deleteSummary: 'delete one; refused while interfaces belong to it',
    isListedOnly: true,
    computed: ['interfaces'],
    example: 'svc_appointments',
  },
  {
    command: 'ip-list',
    plural: 'address lists',
    path: '/ip-lists',
    idField: 'listId',
    columns: { KIND: field('kind'), DOMAIN: field('domain') },
    deleteSummary: 'delete one; refused while interfaces name it',
    isListedOnly: true,
    computed: ['mayEdit'],
    example: 'ipl_districts',
  },
  {
    command: 'rule-set',
    plural: 'rule sets of object access',
    path: '/object-rules',
    idField: 'ruleSetId',
    columns: { DOMAIN: field('domain'), MATCH: field('match') },
    deleteSummary: 'delete one; refused while interfaces use it',
    example: 'ors_patient',
  },
  {
    command: 'table',
    plural: 'code tables',
    path: '/code-tables',
    idField: 'tableId',
    columns: { ENTRIES: field('size') },
    deleteSummary: 'delete one; refused while flows use it',
    example: 'adt-events',
  },
];
