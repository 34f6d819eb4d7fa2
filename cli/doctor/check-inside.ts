/**
 * Checks a gateway in the DMZ: the gateways inside must accept its calls. Also checks that this machine does not store
 * a file that must not be in the DMZ.
 */
import { join } from 'node:path';
import type { Settings } from '../../engine/host/settings.ts';
import { exists } from './exists.ts';
import { good, ofError, wrong, type Finding } from './finding.ts';

export async function checkInside(settings: Settings): Promise<readonly Finding[]> {
  return [
    ...(await Promise.all(settings.forwardTo.map((address) => checkAddress(settings, address)))),
    await checkNothingSecret(settings),
    ...(await checkNoAuthority(settings)),
  ];
}

/** Checks one address by asking for the plan, as the gateway does at its start. */
async function checkAddress(settings: Settings, address: string): Promise<Finding> {
  const { connectInside } = await import('../roots/open-in-dmz.ts');
  try {
    const inside = await connectInside(settings, [address]);
    const plan = await inside.newer(0).finally(() => inside.close());
    const count = plan?.interfaces.length ?? 0;
    if (count > 0)
      return good(
        `内网网关 ${address} 接受本节点转发 ${count} 个接口`,
        `the gateway inside at ${address} accepts calls of ${count} interfaces`,
      );
    return wrong(
      [`内网网关 ${address} 没有本节点可转发的接口`, `the gateway inside at ${address} has no interface for this node`],
      ['核对内网 KQ_FORWARD_NODES 中的网关与服务域。', 'Check the front and the domains of this node in KQ_FORWARD_NODES inside.'],
    );
  } catch (error) {
    return ofError(['转发', 'handing over'], error);
  }
}

async function checkNothingSecret({ kekFile, storePasswordFile, sharedPasswordFile }: Settings): Promise<Finding> {
  const found: string[] = [];
  for (const file of [kekFile, storePasswordFile, sharedPasswordFile]) {
    if (file !== undefined && (await exists(file))) found.push(file);
  }
  if (found.length === 0)
    return good('本机没有主密钥和存储密码', 'this machine has neither a key-encryption key nor a password of the store');
  return wrong(
    [`DMZ 主机上不应有 ${found.join('、')}`, `this machine has something that must not be in the DMZ: ${found.join(', ')}`],
    ['从本机删除；若主机可能已失守，更换这些密钥和密码。', 'Remove it from this machine, and renew it if someone may have read it.'],
  );
}

/**
 * Finds the certificate authority that `start` creates on a machine without certificates. With its private key, an
 * attacker could impersonate any server inside to everyone who trusts this authority.
 */
async function checkNoAuthority({ dataFolder }: Settings): Promise<readonly Finding[]> {
  const file = join(dataFolder, 'tls', 'ca.key');
  if (!(await exists(file))) return [];
  return [
    wrong(
      [`DMZ 主机上不应有证书机构的私钥 ${file}`, `the private key of a CA must not be in the DMZ: ${file}`],
      [
        '用 KQ_TLS_CERT_FILE 与 KQ_TLS_KEY_FILE 指定监听证书，然后删除该文件；若内网也信任这个机构且主机可能已失守，更换它签发的证书。',
        'Set a certificate for the listener with KQ_TLS_CERT_FILE and KQ_TLS_KEY_FILE, and remove the file; if the inside trusts this CA too and someone may have read its key, renew all certificates that it has issued.',
      ],
    ),
  ];
}
