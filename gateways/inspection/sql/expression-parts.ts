/** What a part of the expression between two logical operators holds. */
export const NUMBER = 1;
export const STRING = 2;
export const VARIABLE = 4;
export const WORD = 8;
export const FUNCTION = 16;
export const CONSTANT = 32;
export const QUERY = 64;
export const COMPARISON = 128;
export const ARITHMETIC = 256;
export const UNARY = 512;
export const SERVER = 1024;
/** The same word on both sides of a comparison. */
export const SAME = 2048;
/** A call of a function that is not one of SQL's own. */
export const CALL = 4096;
