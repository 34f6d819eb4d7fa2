import { AppError } from '../../engine/contract/values/errors.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { Registry } from '../registry/registry.ts';

/** Rejects with NAMED_BY_INTERFACES (input) if an interface names the object, because its calls would be refused. */
export async function refuseIfNamed(
  { interfaces }: Pick<Registry, 'interfaces'>,
  id: string,
  names: (document: InterfaceDocument) => boolean,
): Promise<void> {
  const users = (await interfaces.list()).filter(names).map(({ interfaceId }) => interfaceId);
  if (users.length === 0) return;
  throw new AppError('NAMED_BY_INTERFACES', 'input', `Interfaces name it: ${users.join(', ')}.`, {
    values: { id, interfaces: users.join('、') },
    fix: 'Take it out of these interfaces first.',
  });
}
