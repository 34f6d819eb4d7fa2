import { prepareMongoJava, startMongoJava } from '../servers/mongo-java.ts';
import { flowSuiteOn } from './on-servers.ts';

flowSuiteOn('mongo-java-server (MongoDB protocol)', prepareMongoJava, startMongoJava);
