/** What each operation of the admin API takes and returns. Types only. */
import type { OPERATIONS, operations } from './operations.ts';

type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations & keyof operations;

type Part<Id extends OperationId, Name extends 'path' | 'query'> = operations[Id]['parameters'] extends { [N in Name]?: infer Found }
  ? [Exclude<Found, undefined>] extends [never]
    ? unknown
    : Exclude<Found, undefined>
  : unknown;
type Sent<Id extends OperationId> = operations[Id] extends { requestBody?: infer Body }
  ? Exclude<Body, undefined> extends { content: { 'application/json': infer Json } }
    ? Json
    : unknown
  : unknown;
type Body<Id extends OperationId> = Operations[Id] extends { body: infer Name extends string } ? { [N in Name]: Sent<Id> } : Sent<Id>;
/** The input of an operation: its path parameters, query parameters and body in one object. */
export type Input<Id extends OperationId> = Part<Id, 'path'> & Part<Id, 'query'> & Body<Id>;
/** Unknown for an operation that returns a file. */
export type Output<Id extends OperationId> = (operations[Id]['responses'][200]['content'] & {
  'application/json': unknown;
})['application/json'];
/** The operations that return a list in pages. */
export type ListId = {
  [Id in OperationId]: Output<Id> extends { readonly items: readonly unknown[] } ? ('next' extends keyof Output<Id> ? Id : never) : never;
}[OperationId];
