/** Checks this machine: runtime, cryptography, folder and disk, ports, certificate, time zone. */
import { X509Certificate } from 'node:crypto';
import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Settings } from '../../engine/host/settings.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { exists } from './exists.ts';
import { good, hint, wrong, type Finding } from './finding.ts';

const NODE_MAJOR = 24;
const FREE_MB = 500;
const DAY_MS = 86_400_000;
const EXPIRES_SOON_DAYS = 30;

export function checkRuntime(): Finding {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= NODE_MAJOR) return good(`Node ${node}`, `Node ${node}`);
  return wrong(
    [`Node ${node} 版本过低`, `Node ${node} is too old`],
    ['用 bin/kangqiao.mjs 启动，它自带所需版本。', 'Start with bin/kangqiao.mjs, which includes its own Node.'],
  );
}

export function checkCryptography(): Finding {
  try {
    createSoftwareCrypto().selfTest();
    return good('SM2、SM3、SM4 通过官方向量自检', 'SM2, SM3 and SM4 pass the official vectors');
  } catch {
    return wrong(
      ['SM2、SM3 或 SM4 自检失败', 'SM2, SM3 or SM4 fails its self-test'],
      ['不要使用该 Node 程序；用 npm ci 重新安装。', 'This OpenSSL is not usable: install again with npm ci.'],
    );
  }
}

export async function checkDataFolder(folder: string): Promise<Finding> {
  const path = resolve(folder);
  try {
    await mkdir(dirname(path), { recursive: true });
    const existing = (await exists(path)) ? path : dirname(path);
    await access(existing, constants.W_OK);
    const { bavail, bsize } = await statfs(existing);
    const freeMb = Math.floor((bavail * bsize) / 1_048_576);
    if (freeMb >= FREE_MB) return good(`数据目录 ${path} 可写，剩余 ${freeMb} MB`, `data folder ${path} can be written, ${freeMb} MB free`);
    return wrong(
      [`数据目录 ${path} 所在磁盘只剩 ${freeMb} MB`, `the disk of the data folder ${path} has only ${freeMb} MB left`],
      [`腾出至少 ${FREE_MB} MB，或缩短保留期。`, `Make room for at least ${FREE_MB} MB, or shorten retention.`],
    );
  } catch {
    return wrong(
      [`数据目录 ${path} 无法写入`, `the data folder ${path} cannot be written`],
      ['用 --data 指定其他目录，或更正其属主和权限。', 'Choose another with --data, or correct its owner and mode.'],
    );
  }
}

/** Checks that the ports are free. Call it only if no Kangqiao process runs here. */
export async function checkPorts({ bindHost, openPort, userPort, busPort, controlPort }: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [port, setting] of [
    [openPort, 'KQ_OPEN_PORT'],
    [userPort, 'KQ_USER_PORT'],
    [busPort, 'KQ_BUS_PORT'],
    [controlPort, 'KQ_CONTROL_PORT'],
  ] as const) {
    const code = port === 0 ? undefined : await listenCode(bindHost, port);
    if (code === undefined) continue;
    findings.push(
      wrong(
        [`${bindHost}:${port} 无法监听（${code}）`, `${bindHost}:${port} cannot be listened on (${code})`],
        [`停止占用该端口的程序，或更改 ${setting}。`, `Stop what holds it, or change ${setting}.`],
      ),
    );
  }
  return findings.length > 0 ? findings : [good('端口可用', 'the ports are free')];
}

export async function checkCertificate(settings: Settings, nowMs: number): Promise<readonly Finding[]> {
  const { tlsCertFile, forwardCertFile, flows } = settings;
  const forward = flows === 'forward' ? forwardCertFile : undefined;
  const [tls, dmz] = [
    ['监听证书', 'the certificate of the listeners', 'KQ_TLS_CERT_FILE', 'KQ_TLS_KEY_FILE'],
    ['转发证书', 'the certificate that identifies this node to gateways inside', 'KQ_FORWARD_CERT_FILE', 'KQ_FORWARD_KEY_FILE'],
  ] as const;
  return [
    ...(tlsCertFile === undefined ? [] : [await checkOneCertificate(tlsCertFile, tls, nowMs)]),
    ...(forward === undefined ? [] : [await checkOneCertificate(forward, dmz, nowMs)]),
  ];
}

type CertificateNames = readonly [zhCN: string, en: string, certSetting: string, keySetting: string];

async function checkOneCertificate(file: string, [zhCN, en, certSetting, keySetting]: CertificateNames, nowMs: number): Promise<Finding> {
  const remedy = [
    `更换 ${certSetting} 与 ${keySetting} 后重新启动。`,
    `Replace ${certSetting} and ${keySetting}, and start again.`,
  ] as const;
  try {
    const certificate = new X509Certificate(await readFile(file));
    const days = Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS);
    const until = certificate.validToDate.toISOString().slice(0, 10);
    if (days < 0) return wrong([`${zhCN}已于 ${until} 过期`, `${en} expired on ${until}`], remedy);
    if (days < EXPIRES_SOON_DAYS) return hint([`${zhCN}将于 ${until} 过期`, `${en} expires on ${until}`], remedy);
    return good(`${zhCN}有效至 ${until}`, `${en} is valid until ${until}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return wrong([`${zhCN} ${file} 无法使用：${reason}`, `${en} ${file} cannot be used: ${reason}`], remedy);
  }
}

/** Checks the time zone: timers of flows and the times on pages depend on it. */
export function checkTimeZone(): Finding {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const isChina = new Date().getTimezoneOffset() === -480;
  if (isChina) return good(`时区 ${timeZone}`, `time zone ${timeZone}`);
  return hint(
    [`时区为 ${timeZone}，不是东八区`, `the time zone is ${timeZone}, not that of China`],
    ['若不是有意为之，设置 TZ=Asia/Shanghai。', 'If this is not intended, set TZ=Asia/Shanghai.'],
  );
}

function listenCode(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve_) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve_(error.code ?? 'EUNKNOWN'));
    server.listen(port, host, () => server.close(() => resolve_(undefined)));
  });
}
