/** People who do not exist, made from a number: always the same ones, recognisable by the name 虚构, with ids whose check digits hold. */
export interface Person {
  /** Number within the city's patient index. */
  readonly patientId: string;
  readonly name: string;
  /** GB 11643: 18 digits with check digit. */
  readonly idNumber: string;
  readonly birthDate: string;
  readonly sex: 'M' | 'F';
  readonly mobile: string;
}

const GIVEN = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸'];

export function fictitiousPerson(index: number): Person {
  const birthDate = `${1950 + (index % 60)}${two(1 + (index % 12))}${two(1 + (index % 28))}`;
  const order = String(1 + (index % 998)).padStart(3, '0');
  return {
    patientId: `P${String(index).padStart(6, '0')}`,
    name: `虚构${GIVEN[index % 10] ?? ''}${GIVEN[Math.floor(index / 10) % 10] ?? ''}`,
    idNumber: withCheckDigit(`310000${birthDate}${order}`),
    birthDate,
    sex: Number(order) % 2 === 1 ? 'M' : 'F',
    mobile: `199${String(index % 100_000_000).padStart(8, '0')}`,
  };
}

/** GB 11643 (ISO 7064 MOD 11-2). */
function withCheckDigit(digits: string): string {
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * (2 ** (17 - index) % 11), 0);
  return `${digits}${'10X98765432'[sum % 11] ?? ''}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
