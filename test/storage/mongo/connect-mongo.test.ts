import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../engine/contract/errors.ts';
import { connectMongo } from '../../../storage/mongo/connect-mongo.ts';

describe('an address of MongoDB', () => {
  for (const [title, address, code] of [
    ['without TLS beyond this machine', 'mongodb://kq@db.example/kq', 'STORE_NOT_ENCRYPTED'],
    ['with one such host among several', 'mongodb://127.0.0.1,db.example:27018/kq?replicaSet=rs', 'STORE_NOT_ENCRYPTED'],
    ['that leaves certificates unchecked', 'mongodb://db.example/kq?tls=true&tlsAllowInvalidHostnames=true', 'STORE_NOT_ENCRYPTED'],
    ['that switches the checks off by the old name', 'mongodb://db.example/kq?tls=true&tlsInsecure=true', 'STORE_NOT_ENCRYPTED'],
    ['that cannot be read', 'mongodb://', 'STORE_ADDRESS'],
    ['with an option that does not exist', 'mongodb://127.0.0.1/kq?nonsense=1', 'STORE_ADDRESS'],
  ] as const) {
    it(`is refused ${title}`, async () => {
      await assert.rejects(connectMongo({ address, password: 'p@ss/wörd' }), (error) => {
        assert.ok(error instanceof AppError && error.code === code, String(error));
        assert.ok(!error.message.includes('p@ss'));
        return true;
      });
    });
  }
});
