import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, fromErrorRecord, toErrorRecord, toIssue } from '../../../../engine/contract/values/errors.ts';
import { bothTexts, errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { schemaValues } from '../../../../engine/contract/schema/schema-problem.ts';

const noAdapter = {
  code: 'FLOW_ADAPTER_MISSING',
  message: '"查询检验结果" needs an adapter of the protocol soap.',
  values: { node: '查询检验结果', protocol: 'soap' },
  fix: 'Choose an adapter.',
};

test('English is what the server said', () => {
  assert.deepEqual(errorText(noAdapter, 'en'), { what: noAdapter.message, fix: noAdapter.fix });
  assert.deepEqual(errorText({ code: 'X', message: 'So it is.' }, 'en'), { what: 'So it is.' });
});

test('Chinese names the same things, with what to do', () => {
  assert.deepEqual(errorText(noAdapter, 'zh-CN'), {
    what: '节点“查询检验结果”需要一个 soap 协议的适配器，但没有选择',
    fix: '在节点配置中选择适配器。',
  });
});

test('the value `problem` chooses among the sentences of a code; an unknown one falls back to the code', () => {
  const told = (problem: string) => errorText({ code: 'MLLP_REFUSED', message: '', values: { problem, code: 'AR' } }, 'zh-CN').what;
  assert.equal(told('AR'), '对方拒收该消息（AR）');
  assert.equal(told('AE'), '对方处理该消息时出错（AR）');
  assert.equal(told('??'), '对方拒收该消息（AR）');
});

test('a part in brackets goes with its value; elsewhere an absent value is a dash', () => {
  const port = (values: Record<string, string>) =>
    errorText({ code: 'FLOW_PORT_UNKNOWN', message: '', values: { node: 'A', side: 'output', ...values } }, 'zh-CN');
  assert.deepEqual(port({ port: 'oks', nearest: 'ok' }), {
    what: '节点“A”没有名为“oks”的输出端口',
    fix: '是否应为“ok”？请改接到现有端口，或删除这条连线。',
  });
  assert.equal(port({ port: 'x', ports: 'ok、error' }).fix, '可用端口：ok、error。请改接到现有端口，或删除这条连线。');
  assert.equal(port({}).what, '节点“A”没有名为“—”的输出端口');
});

test('words of the network and of the product are Chinese, what is not known stays as it is', () => {
  const connect = (reason: string) =>
    errorText({ code: 'MLLP_CONNECT_FAILED', message: '', values: { host: '10.1.2.3', port: 6661, reason } }, 'zh-CN').what;
  assert.equal(connect('ECONNREFUSED'), '无法连接 10.1.2.3:6661（对方拒绝连接）');
  assert.equal(connect('E_ODD'), '无法连接 10.1.2.3:6661（E_ODD）');
});

test('an unknown code says its code and keeps the English sentence as the original', () => {
  assert.deepEqual(errorText({ code: 'DICOM_BUSY', message: 'The archive is busy.', fix: 'Wait.' }, 'zh-CN'), {
    what: '出现错误（DICOM_BUSY）',
    original: 'The archive is busy. Wait.',
  });
  assert.equal(errorText({ code: 'constructor', message: 'x' }, 'zh-CN').what, '出现错误（constructor）');
});

test('texts that come with an issue are used as they are', () => {
  const issue = { code: 'FLOW_CONFIG', message: 'taken', text: { 'zh-CN': '端口名“a”已被使用', en: 'taken' } };
  assert.equal(errorText(issue, 'zh-CN').what, '端口名“a”已被使用');
  assert.equal(errorText(issue, 'en').what, 'taken');
});

test('what a flow’s author says stands as it was written, whatever the code', () => {
  const text = { 'zh-CN': '查无此患者', en: '查无此患者' };
  const error = new AppError('NOT_FOUND', 'input', '查无此患者', { text });
  assert.deepEqual(errorText(toErrorRecord(error), 'zh-CN'), { what: '查无此患者' });
  assert.deepEqual(toIssue(error, '').text, text);
});

test('where the author or a library says more, the original is kept', () => {
  const error = new AppError('SCRIPT_ERROR', 'input', 'The script failed in line 3: no such ward.', { values: { line: 3 } });
  assert.deepEqual(errorText(error, 'zh-CN'), {
    what: '脚本执行出错（第 3 行）',
    fix: '用该步骤的输入测试此节点，再更正脚本。',
    original: 'The script failed in line 3: no such ward.',
  });
});

test('values go with the record, with the issue and with the error that is thrown on', () => {
  const error = new AppError('CODE_UNKNOWN', 'input', 'No such code.', { values: { table: 'sex' }, fix: 'Add it.' });
  const record = toErrorRecord(error);
  assert.deepEqual(record.values, { table: 'sex' });
  assert.deepEqual(toErrorRecord(fromErrorRecord(record)), record);
  assert.deepEqual(toIssue(error, '/rules/0'), {
    path: '/rules/0',
    code: 'CODE_UNKNOWN',
    message: 'No such code.',
    severity: 'error',
    values: { table: 'sex' },
    fix: 'Add it.',
  });
  assert.equal('values' in toErrorRecord(new AppError('NODE_ABORTED', 'transient', 'Stopped.')), false);
  assert.deepEqual(bothTexts(error), {
    'zh-CN': '代码表“sex”中没有这个代码，也没有设置默认值。在代码表中补充该代码，或设置默认值',
    en: 'No such code. Add it.',
  });
});

test('breaches of a schema tell what it demands, for TypeBox and Ajv alike', () => {
  const told = (keyword: string, params: object, instancePath = '/name') =>
    errorText({ code: 'FLOW_CONFIG', message: '', values: schemaValues({ keyword, instancePath, params }) }, 'zh-CN').what;
  assert.equal(told('minLength', { limit: 1 }), '“name”至少 1 个字符');
  assert.equal(told('required', { missingProperty: 'port' }, ''), '缺少必填项“port”');
  assert.equal(told('type', { type: ['string', 'null'] }), '“name”类型不正确，应为文本或空值');
  assert.equal(told('enum', { allowedValues: ['GET', 'POST'] }), '“name”的取值不在允许范围内，可选："GET", "POST"');
  assert.equal(told('pattern', { pattern: '^[a-z]+$' }), '“name”格式不正确，须符合模式 ^[a-z]+$');
  assert.equal(told('boolean', {}, '/a~1b'), '此处没有“a/b”这一字段');
  assert.equal(told('minItems', { limit: 2 }, ''), '至少 2 项');
});
