import { KAFKA } from '../brokers-here.ts';
import { brokerConformance } from './conformance.ts';

brokerConformance(KAFKA);
