import { RABBITMQ } from '../brokers-here.ts';
import { brokerConformance } from './conformance.ts';

brokerConformance(RABBITMQ);
