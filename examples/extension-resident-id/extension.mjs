/** An extension with two nodes: one that works on data alone, one that asks another system. See docs/extensions.md. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS = '10X98765432';

export const nodes = {
  check(ctx, message) {
    const number = message.data?.[ctx.config.field];
    if (!isValid(number)) ctx.fail('INVALID');
    const born = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
    const sex = Number(number[16]) % 2 === 1 ? 'male' : 'female';
    const port = Number(number.slice(6, 10)) > ctx.config.year ? 'young' : 'ok';
    return ctx.emit(port, { ...message.data, born, sex });
  },

  async 'look-up'(ctx, message) {
    if (!isValid(message.data?.idNumber)) ctx.fail('INVALID');
    const response = await ctx.fetch(`${ctx.config.address}/people/${message.data.idNumber}`, {
      headers: { accept: 'application/json' },
    });
    if (response.status === 404) return { ...message.data, person: null };
    if (response.status !== 200) ctx.fail('REGISTER_DOWN');
    return { ...message.data, person: response.json() };
  },
};

function isValid(number) {
  if (typeof number !== 'string' || !/^\d{17}[\dX]$/.test(number)) return false;
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(number[index]), 0);
  return CHECK_DIGITS[sum % 11] === number[17];
}
