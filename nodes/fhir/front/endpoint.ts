/** What a flow offers as a FHIR R4 endpoint. */
export type Interaction = 'read' | 'search' | 'create' | 'update' | 'delete';

export type ParameterType = 'string' | 'token' | 'date' | 'number' | 'quantity' | 'reference' | 'uri';

export interface SearchParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly about?: string;
}

export interface OfferedResource {
  readonly type: string;
  readonly interactions: readonly Interaction[];
  readonly searchParameters: readonly SearchParameter[];
}

export interface Endpoint {
  /** The base URL, without a slash at its end. */
  readonly address: string;
  readonly name: string;
  readonly resources: readonly OfferedResource[];
  readonly bundles: readonly ('transaction' | 'batch')[];
  /** Whether resources that come in are checked against R4. */
  readonly checks: boolean;
  readonly mostPerPage: number;
}

/** Every resource can be searched by these (R4 search, 3.1.1.4). */
export const COMMON_PARAMETERS: readonly SearchParameter[] = [
  { name: '_id', type: 'token' },
  { name: '_lastUpdated', type: 'date' },
];

export function parametersOf(resource: OfferedResource): readonly SearchParameter[] {
  return [...COMMON_PARAMETERS, ...resource.searchParameters];
}
