import { readdir } from 'node:fs/promises';
import { AppError } from '../../engine/contract/values/errors.ts';
import { STAGES, type Policy } from '../contract.ts';

const POLICY_FILE = /^(.+)\.policy\.(?:ts|js)$/;

/**
 * Loads all policies of the folder, in the order of their stages (within a stage by name). Each policy is one file;
 * there is no other list. Rejects with POLICY_INVALID (bug) if a file does not contain a policy with the file's name at
 * a known stage.
 */
export async function loadPolicies(folder: URL = new URL('../policies/', import.meta.url)): Promise<readonly Policy[]> {
  const policies: Policy[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const name = POLICY_FILE.exec(file)?.[1];
    if (name === undefined) continue;
    const { default: policy } = (await import(new URL(file, folder).href)) as { default?: Policy };
    if (policy?.name !== name || !STAGES.includes(policy.stage)) {
      throw new AppError('POLICY_INVALID', 'bug', `The file ${file} does not define a policy named ${name} at a known stage.`, {
        fix: 'Export default definePolicy({ name, stage, … }) with the name of the file: see docs/add-a-policy.md.',
        values: { file },
      });
    }
    policies.push(policy);
  }
  return policies.sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.name < b.name ? -1 : 1));
}
