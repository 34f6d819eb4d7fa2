import { STOMP } from '../brokers-here.ts';
import { brokerConformance } from './conformance.ts';

brokerConformance(STOMP);
