import { ROCKETMQ } from '../../messaging/brokers-here.ts';
import { describeAdapter } from '../kit.ts';
import { brokerSubject } from './broker.ts';

describeAdapter(brokerSubject(ROCKETMQ));
