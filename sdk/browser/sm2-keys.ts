import { sm2 } from 'sm-crypto-v2';
import { SM2_SPKI_LENGTH, SM2_SPKI_PREFIX } from '../../engine/contract/kq1/kq1.ts';
import { bytesOfPem, hexOf } from '../core/bytes.ts';
import { keyRefused } from '../core/sdk-crypto.ts';

/** In a PKCS#8 key of this curve: its algorithm (id-ecPublicKey, 1.2.156.10197.1.301), and what precedes the private number. */
const ALGORITHM = '301306072a8648ce3d020106082a811ccf5501822d';
const BEFORE_NUMBER = '0201010420';
const NUMBER_DIGITS = 64;

/** Returns the private number of a PKCS#8 key in hex. Throws SDK_KEY_INVALID (input) if the PEM text is no SM2 key. */
export function sm2PrivateNumber(pem: string): string {
  const [, rest = ''] = hexOfPem(pem, 'PRIVATE KEY').split(ALGORITHM);
  const at = rest.indexOf(BEFORE_NUMBER) + BEFORE_NUMBER.length;
  const number = rest.slice(at, at + NUMBER_DIGITS);
  if (at < BEFORE_NUMBER.length || number.length !== NUMBER_DIGITS) throw keyRefused('it is not an SM2 key');
  return number;
}

/** Returns the point `04 x y` of a public key in hex. Throws SDK_KEY_INVALID (input) if the PEM text is no SM2 key. */
export function sm2Point(pem: string): string {
  const spki = hexOfPem(pem, 'PUBLIC KEY');
  const prefix = hexOf(SM2_SPKI_PREFIX);
  const point = `04${spki.slice(prefix.length)}`;
  if (spki.length !== 2 * SM2_SPKI_LENGTH || !spki.startsWith(prefix) || !sm2.verifyPublicKey(point))
    throw keyRefused('it is not an SM2 key');
  return point;
}

function hexOfPem(pem: string, label: string): string {
  try {
    return hexOf(bytesOfPem(pem, label));
  } catch {
    throw keyRefused('it cannot be read as PEM');
  }
}
