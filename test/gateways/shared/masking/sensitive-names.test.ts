import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSensitiveName } from '../../../../gateways/shared/masking/sensitive-names.ts';
import { cpuMsOf } from '../../../support/cpu-time.ts';

const words = (text: string) => text.trim().split(/\s+/);

test('names of credentials are sensitive in every spelling', () => {
  for (const name of words(`
    token accessToken access_token refresh-token REFRESH_TOKEN refreshtoken idToken2 x-auth-token userTokens
    secret clientSecret client_secret appSecret password newPassword oldpassword confirm_passwd pwd userPwd passphrase
    apiKey api_key apikey APIKey X-Api-Key accessKey secretKeyId private_key sessionKey
    sig signature x-signature sign otp totpCode smsCode verification_code authCode captcha pin pinCode
    session sessionId JSESSIONID sessionid sid cookie set-cookie authorization auth proxyAuthorization credential userCredentials jwt
    登录密码 支付口令 短信验证码 `))
    assert.ok(isSensitiveName(name), name);
});

test('names of personal data are sensitive in every spelling', () => {
  for (const name of words(`
    name patientName patient_name patientname contactName emergencyContactName realName userName username fullName guardian_name
    idCard id_card_no motherIdCard idNo identityNumber certNo passport passportNo cardNo bankCard bank_account medicalCardNumber
    phone contactPhone mobileNo mobilephone tel email birthDate birthday dob address homeAddress contact_addr xm hzxm sfzh
    姓名 患者姓名 联系人姓名 身份证 身份证号 监护人手机号 联系电话 地址 家庭住址 出生日期 医保卡号 护照号码`))
    assert.ok(isSensitiveName(name), name);
});

test('other names are not', () => {
  for (const name of words(`
    hospitalName drugName departmentName fileName diagnosisName name2Label className hostname ipAddress macAddress hospitalAddress
    code drugCode departmentCode statusCode key keyword primaryKey sortKey id patientId orderId orderNo amount assign vitalSign signIn
    significant pinyin opinion spinal passed compass ward dosage author authority description mailed designation
    医院名称 药品名称 科室 诊断 金额`))
    assert.equal(isSensitiveName(name), false, name);
  assert.equal(isSensitiveName(''), false);
});

test('a long name takes no long time', async () => {
  const [ms] = await cpuMsOf(() => {
    for (const unit of ['a', 'A', 'aA', 'session', '1', '_', '姓']) isSensitiveName(unit.repeat(100_000));
  });
  assert.ok(ms < 2_000, `${ms} ms`);
});
