/** Checks what control returns against the output schema that the API shows; a field that is not in it is an error. */
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readOutputSchemas } from '../../control/api/output-schemas.ts';
import { ROUTES } from '../../control/api/routes.ts';

const { outputs, components } = readOutputSchemas();
const ajv = new Ajv2020({ strict: false, allErrors: true });
const routes = ROUTES.map(({ action, method, path }) => ({
  action,
  method,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
}));
const checks = new Map<string, ValidateFunction>();

/** `path` as in `Client.call`, with its query. Addresses outside of the actions are not checked. */
export function checkOutput(method: string, path: string, output: unknown): void {
  const [plain = ''] = path.split('?');
  const route = routes.find((each) => each.method === method && each.pattern.test(plain));
  if (route === undefined) return;
  const check = checks.get(route.action) ?? ajv.compile({ ...outputs[route.action], components: { schemas: components } });
  checks.set(route.action, check);
  const problems = check(output) ? [] : (check.errors ?? []);
  assert.deepEqual(
    problems.map(({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`),
    [],
    `what ${route.action} returns is not what its output schema says`,
  );
}
