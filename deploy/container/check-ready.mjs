/** Health check of the container: exit code 0 when the process in it is ready (`KQ_STATUS_PORT`). */
import { request as askPlain } from 'node:http';
import { request as askTls } from 'node:https';

const { KQ_BIND_HOST: host = '127.0.0.1', KQ_STATUS_PORT: port } = process.env;
const isLoopback = ['127.0.0.1', '::1', 'localhost'].includes(host);
// The certificate is made out to the name that callers use, never to this address; nothing secret is asked.
const options = { host: isLoopback ? host : '127.0.0.1', port, path: '/readyz', timeout: 4000, rejectUnauthorized: false };

const request = (isLoopback ? askPlain : askTls)(options, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1));
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));
request.end();
