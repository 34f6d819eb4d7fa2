import { argument, onText, words, type ValueFunction } from './value-function.ts';

const card = [argument('身份证号', 'Identity card number')];

/**
 * Functions for identity card numbers (GB 11643): 18 characters with a check character (MOD 11-2), or 15 digits in the
 * old form.
 */
export const personFunctions: readonly ValueFunction[] = [
  {
    name: 'idCardBirthDate',
    group: 'person',
    label: words('身份证出生日期', 'Birth date of id card'),
    help: words('由身份证号得出 ISO 出生日期。', 'ISO birth date from an identity card number.'),
    args: card,
    examples: [{ args: ['310101199001010012'], gives: '1990-01-01' }],
    run: onText((number) => (number === '' ? undefined : readCard(number).birthDate)),
  },
  {
    name: 'idCardSex',
    group: 'person',
    label: words('身份证性别', 'Sex of id card'),
    help: words(
      '由身份证号得出性别代码（GB/T 2261.1）：1 男，2 女。',
      'Sex code (GB/T 2261.1) from an identity card number: 1 male, 2 female.',
    ),
    args: card,
    examples: [{ args: ['310101199001010012'], gives: '1' }],
    run: onText((number) => (number === '' ? undefined : readCard(number).sex)),
  },
  {
    name: 'idCardIsValid',
    group: 'person',
    label: words('身份证是否有效', 'Id card is valid'),
    help: words('检查位数、出生日期与校验码。', 'Checks length, birth date and check character.'),
    args: card,
    examples: [
      { args: ['310101199001010012'], gives: true },
      { args: ['31010119900101001X'], gives: false },
    ],
    run: onText((number) => {
      try {
        return readCard(number) !== undefined;
      } catch {
        return false;
      }
    }),
  },
];

function readCard(text: string): { readonly birthDate: string; readonly sex: '1' | '2' } {
  const number = text.trim().toUpperCase();
  const isOld = /^\d{15}$/.test(number);
  if (!isOld && !(/^\d{17}[\dX]$/.test(number) && checkCharacter(number) === number[17]))
    throw new RangeError('not an identity card number');
  const digits = isOld ? `19${number.slice(6, 12)}` : number.slice(6, 14);
  const birthDate = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`;
  const date = new Date(`${birthDate}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== birthDate) throw new RangeError('not an identity card number');
  return { birthDate, sex: Number(number[isOld ? 14 : 16]) % 2 === 1 ? '1' : '2' };
}

/** Returns the check character by ISO 7064 MOD 11-2. */
function checkCharacter(number: string): string | undefined {
  let sum = 0;
  for (let index = 0; index < 17; index++) sum += Number(number[index]) * (2 ** (17 - index) % 11);
  return '10X98765432'[sum % 11];
}
