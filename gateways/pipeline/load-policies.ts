import { readdir } from 'node:fs/promises';
import { AppError } from '../../engine/contract/values/errors.ts';
import { POLICY_GROUPS, STAGES, type FoundPolicy, type Policy, type PolicyGroup } from '../contract.ts';

const POLICY_FILE = /^(.+)\.policy\.(?:ts|js)$/;

/**
 * Loads all policies of the folder, in the order of their stages (within a stage by name). Each policy is one file in
 * the folder of its group; there is no other list. Rejects with POLICY_INVALID (bug) if a file is in no such folder, or
 * does not contain a policy with the file's name at a known stage.
 */
export async function loadPolicies(folder: URL = new URL('../policies/', import.meta.url)): Promise<readonly FoundPolicy[]> {
  const lost = (await policyFiles(folder))[0];
  if (lost !== undefined) throw invalid(lost.file, `The policy ${lost.file} is in no folder of a group.`);
  const groups = await Promise.all(POLICY_GROUPS.map((group) => loadGroup(group, new URL(`${group}/`, folder))));
  return groups.flat().sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.name < b.name ? -1 : 1));
}

async function loadGroup(group: PolicyGroup, folder: URL): Promise<readonly FoundPolicy[]> {
  const policies: FoundPolicy[] = [];
  for (const { file, name } of await policyFiles(folder)) {
    const { default: policy } = (await import(new URL(file, folder).href)) as { default?: Policy };
    if (policy?.name !== name || !STAGES.includes(policy.stage)) {
      throw invalid(file, `The file ${file} does not define a policy named ${name} at a known stage.`);
    }
    policies.push({ ...policy, group });
  }
  return policies;
}

async function policyFiles(folder: URL): Promise<readonly { readonly file: string; readonly name: string }[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // No policy answers this question yet.
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return files.sort().flatMap((file) => {
    const name = POLICY_FILE.exec(file)?.[1];
    return name === undefined ? [] : [{ file, name }];
  });
}

function invalid(file: string, message: string): AppError {
  return new AppError('POLICY_INVALID', 'bug', message, {
    fix: 'Export default definePolicy({ name, stage, … }) in gateways/policies/<group>/<name>.policy.ts: see docs/add-a-policy.md.',
    values: { file },
  });
}
