/** Reasons in English within Chinese sentences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';

const told = (reason: string, code = 'HTTP_CONNECT') => errorText({ code, message: '', values: { reason, line: 3 } }, 'zh-CN').what;
const unreachable = (reason: string) => `无法连接对方系统（${reason}），尚未发送任何内容`;

test('known reasons are Chinese', () => {
  assert.equal(told('ECONNREFUSED'), unreachable('对方拒绝连接'));
  assert.equal(told('connect ETIMEDOUT'), unreachable('连接超时'));
  assert.equal(told('getaddrinfo ENOTFOUND his.hospital.example'), unreachable('域名无法解析'));
  assert.equal(told('no connection within 3000 ms'), unreachable('3000 毫秒内没有连上'));
  assert.equal(told('ERR_HTTP2_ERROR'), unreachable('HTTP/2 出错，对方可能不是 HTTP/2 服务（ERR_HTTP2_ERROR）'));
  assert.equal(
    told("Hostname/IP does not match certificate's altnames: IP: 10.0.0.1 is not in the cert's list: "),
    unreachable('证书与主机名不符'),
  );
  assert.equal(told('undefined filter: $& up', 'TEMPLATE_INVALID'), '模板有误（第 3 行，没有名为 $& up 的过滤器）');
});

test('others are quoted, and codes stay as they are', () => {
  assert.equal(told('something odd happened'), unreachable('原文：“something odd happened”'));
  assert.equal(told('there is no table EACCES'), unreachable('原文：“there is no table EACCES”'));
  assert.equal(told('HTTP 401, invalid_client'), unreachable('原文：“HTTP 401, invalid_client”'));
  for (const code of ['HTTP 503', 'Kafka 44', 'NJS-500', 'EXOTIC', '列“x”不存在']) assert.equal(told(code), unreachable(code));
});
