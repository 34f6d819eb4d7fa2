/**
 * `npm run servers`: installs what the tests need besides Node and the npm packages: servers, programs of other vendors
 * and a browser from Debian's packages, and FerretDB, which this script builds. Starts no service, and does nothing if
 * everything is present. Runs on any Node 18 or newer, also before `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The requirements, each with the package of Debian 12 that provides it. */
const NEEDED = [
  { what: 'Java', package: 'default-jdk-headless', isThere: () => has('java') && has('javac') },
  { what: 'Maven', package: 'maven', isThere: () => has('mvn') },
  { what: 'Python', package: 'python3', isThere: () => has('python3') },
  { what: 'venv of Python', package: 'python3-venv', isThere: () => runs('python3', ['-c', 'import venv, ensurepip']) },
  { what: 'openssl', package: 'openssl', isThere: () => has('openssl') },
  { what: 'curl', package: 'curl', isThere: () => has('curl') },
  { what: 'git', package: 'git', isThere: () => has('git') },
  { what: 'xz', package: 'xz-utils', isThere: () => has('xz') },
  { what: 'patch', package: 'patch', isThere: () => has('patch') },
  { what: 'Redis', package: 'redis-server', isThere: () => has('redis-server') && has('redis-cli') },
  { what: 'PostgreSQL', package: 'postgresql', isThere: () => has('postgres') || hasPostgresFolder() },
  { what: 'MariaDB', package: 'mariadb-server', isThere: () => has('mariadbd') || existsSync('/usr/sbin/mariadbd') },
  { what: 'Dovecot', package: 'dovecot-imapd', isThere: () => has('dovecot') || existsSync('/usr/sbin/dovecot') },
  {
    what: 'RabbitMQ',
    package: 'rabbitmq-server',
    isThere: () => has('rabbitmq-server') || existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server'),
  },
  // RocketMQ binds to all addresses unless a small library is loaded before it.
  { what: 'C compiler', package: 'gcc', isThere: () => has('cc') },
  { what: 'headers of C', package: 'libc6-dev', isThere: () => existsSync('/usr/include/stdio.h') },
  { what: 'Mosquitto', package: 'mosquitto', isThere: () => existsSync('/usr/sbin/mosquitto') },
  { what: 'vsftpd', package: 'vsftpd', isThere: () => existsSync('/usr/sbin/vsftpd') },
  { what: 'OpenSSH', package: 'openssh-server', isThere: () => existsSync('/usr/sbin/sshd') },
  { what: 'Go', package: 'golang-go', isThere: () => has('go') },
  { what: 'nginx', package: 'nginx', isThere: () => has('nginx') },
  { what: 'systemd-analyze', package: 'systemd', isThere: () => has('systemd-analyze') },
  { what: 'Chromium', package: 'chromium-headless-shell', isThere: () => has('chromium-headless-shell') },
  { what: 'Chinese fonts', package: 'fonts-noto-cjk', isThere: () => read('fc-list', []).includes('Noto Sans CJK') },
];

/** The first minor version of Go 1 that downloads a newer Go automatically if a module requires it. */
const FIRST_GO_THAT_UPGRADES = 21;
const GO = 'go1.24.3';
const GO_FOLDER = `/usr/local/lib/${GO}`;

const missing = NEEDED.filter(({ isThere }) => !isThere());
console.log(missing.length === 0 ? 'All packages are there.' : `Missing: ${missing.map(({ what }) => what).join(', ')}.`);
if (missing.length > 0) install(missing.map((needed) => needed.package));
if (goMinor() < FIRST_GO_THAT_UPGRADES) installNewerGo();
buildFerretdb();
console.log('Everything that the tests need is there.');

function install(packages) {
  if (!has('apt-get')) stopWith(`This is not Debian: install ${packages.join(', ')}, under the names that they have here.`);
  forbidServices();
  asRoot('apt-get', ['-o', 'DPkg::Lock::Timeout=900', 'update', '-q']);
  // Prevent the package from creating a database cluster: tests start their own clusters in temporary folders.
  if (packages.includes('postgresql') && !existsSync('/etc/postgresql-common/createcluster.conf'))
    asRoot('sh', ['-c', 'mkdir -p /etc/postgresql-common; echo create_main_cluster=false > /etc/postgresql-common/createcluster.conf']);
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=900', 'install', '-y', '-q', '--no-install-recommends', ...packages];
  asRoot('env', ['DEBIAN_FRONTEND=noninteractive', ...apt]);
}

/**
 * Prevents services from starting when a package is installed, in the way that Debian provides. The change is removed
 * when this script ends, also after a failure.
 */
function forbidServices() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return;
  const file = join(tmpdir(), `policy-rc.d-${process.pid}`);
  writeFileSync(file, '#!/bin/sh\nexit 101\n');
  asRoot('install', ['-m', '755', file, policy]);
  rmSync(file);
  process.once('exit', () => asRoot('rm', ['-f', policy]));
}

/**
 * Installs a newer Go, because Debian 12 has Go 1.19. The toolchain is an ordinary Go module, and its checksum is
 * verified like that of any other module.
 */
function installNewerGo() {
  console.log(`Go 1.${goMinor()} is too old for what is built with it: ${GO} is fetched from the module proxy.`);
  const platform = read('go', ['env', 'GOOS', 'GOARCH']).trim().replace('\n', '-');
  const told = read('go', ['mod', 'download', '-json', `golang.org/toolchain@v0.0.1-${GO}.${platform}`]);
  if (told === '') stopWith('The module proxy did not give it. Install Go 1.21 or newer from https://go.dev/dl, and try again.');
  asRoot('rm', ['-rf', GO_FOLDER]);
  asRoot('cp', ['-r', JSON.parse(told).Dir, GO_FOLDER]);
  // Files of a module have no execute permissions.
  asRoot('chmod', ['-R', 'a+rX,u+w', GO_FOLDER]);
  asRoot('sh', ['-c', `chmod -R a+x ${GO_FOLDER}/bin ${GO_FOLDER}/pkg/tool && ln -sf ${GO_FOLDER}/bin/go /usr/local/bin/go`]);
}

/** Builds FerretDB. Tests that need it are skipped while it is missing. */
function buildFerretdb() {
  const recipe = fileURLToPath(new URL('../test/servers/ferretdb/build.sh', import.meta.url));
  const binary = read('sh', [recipe, '--path']).trim();
  if (existsSync(binary)) return;
  console.log('FerretDB is built with Go: minutes where nothing of it is in the build cache.');
  const { status } = spawnSync('sh', [recipe], { stdio: 'inherit' });
  if (status !== 0) stopWith(`FerretDB could not be built: "sh ${recipe}" ended with ${status}.`);
}

function goMinor() {
  return Number(/go1\.(\d+)/.exec(read('go', ['version']))?.[1] ?? 0);
}

function hasPostgresFolder() {
  const folder = '/usr/lib/postgresql';
  return existsSync(folder) && readdirSync(folder).some((version) => existsSync(join(folder, version, 'bin', 'initdb')));
}

function has(program) {
  return runs('sh', ['-c', `command -v ${program}`]);
}

function runs(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Returns the output of a program, or '' if it cannot be run or fails. */
function read(program, args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', cwd: tmpdir(), maxBuffer: 1 << 26 });
  return status === 0 ? stdout : '';
}

function asRoot(program, args) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !has('sudo')) stopWith(`Only root can install packages. Ask an administrator to run: ${[program, ...args].join(' ')}`);
  const words = isRoot ? [program, ...args] : ['sudo', program, ...args];
  console.log(`> ${words.join(' ')}`);
  const { status } = spawnSync(words[0], words.slice(1), { stdio: 'inherit' });
  if (status !== 0) stopWith(`"${words.join(' ')}" ended with ${status}.`);
}

function stopWith(sentence) {
  console.error(sentence);
  process.exit(1);
}
