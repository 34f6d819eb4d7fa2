import { rememberNames } from '../remember-names.ts';

/**
 * Which fields hold credentials or personal data by their names. The access log and the mirror both ask here. A name is
 * read word by word (`newPassword`, `client_secret`, `X-Api-Key`), so that composites need no line of their own.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** A word that makes any name sensitive. */
const SENSITIVE = words(
  `token secret password passwd pwd passphrase passcode sig signature otp totp captcha session sessid cookie jwt authorization
   credential credentials pin
   passport ssn phone mobile tel telephone cellphone email mail birthday birthdate dob`,
);
/** The end of a word that was written without a separator: `refreshtoken`, `jsessionid`, `idcard`. */
const SENSITIVE_END =
  /(?:token|secret|password|passwd|pwd|passphrase|signature|credentials?|cookie|apikey|session(?:id)?|sessid|idcard|bankcard|phone|mobile)s?$/;
/** Two words that are sensitive together, as `first-second`. */
const PAIRS = new Set([
  ...pairs('api access secret private app client session signing sign encryption encrypt master auth', 'key'),
  ...pairs('auth authorization sms mail verify verification validation access security invite pass otp js', 'code'),
  ...pairs('id identity cert certificate card', 'no number num'),
  ...pairs('bank account', 'card no number num account'),
  ...pairs('birth', 'date day'),
  'id-card',
]);
/** Whose name or address is personal: not that of a hospital, a drug or a file. */
const PERSONS = words(
  `patient contact real user full first last middle family given nick person people customer holder cardholder mother father guardian
   parent child baby spouse husband wife relative emergency applicant owner insured client member sender receiver recipient account login
   citizen resident donor home living permanent mailing`,
);
/** Whole names without separators, also as abbreviations of pinyin. */
const WHOLE = words(
  `name xm hzxm brxm lxrxm idno idnumber certno identityno sfzh sfzhm phonenumber lxdh sjh sjhm address addr homeaddress jtzz csrq
   cardno cardnumber yhkh sign sid auth 地址`,
);
const CHINESE = /姓名|密码|口令|令牌|密钥|验证码|身份证|证件号|护照|手机|电话|住址|家庭地址|联系地址|邮箱|出生日期|银行卡|卡号/;

function pairs(firsts: string, seconds: string): readonly string[] {
  return firsts.split(' ').flatMap((first) => seconds.split(' ').map((second) => `${first}-${second}`));
}

/** Returns whether the value of a field must not be shown. Linear in the length of the name. */
export const isSensitiveName = rememberNames(decide);

function decide(name: string): boolean {
  const parts = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\u0080-\uffff]+/)
    .filter((part) => part !== '');
  if (WHOLE.has(parts.join('')) || CHINESE.test(name)) return true;
  return parts.some((part, i) => isSensitivePart(part, parts[i - 1])) || isOfPerson(parts);
}

function isSensitivePart(part: string, before: string | undefined): boolean {
  return SENSITIVE.has(part) || SENSITIVE_END.test(part) || (before !== undefined && PAIRS.has(`${before}-${part}`));
}

/** `contactName`, `patient_address`, `username`. */
function isOfPerson(parts: readonly string[]): boolean {
  const last = parts.at(-1) ?? '';
  const what = ['name', 'address', 'addr'].find((end) => last.endsWith(end));
  if (what === undefined) return false;
  return last === what ? parts.some((part) => PERSONS.has(part)) : PERSONS.has(last.slice(0, -what.length));
}
