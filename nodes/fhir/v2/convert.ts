/**
 * Converts a message to resources: which segments become which resources, and how these refer to each other, as the tables of
 * ADT_A01, ORU_R01 and SIU_S12 say.
 */
import { segmentName, type Hl7Message } from '../../shared/hl7/message.ts';
import { applySegment, applyValue } from './apply-rows.ts';
import { Draft, DraftReference } from './draft.ts';
import { applyObservation } from './observation.ts';
import { toPrimitive, type TimeOptions } from './primitives.ts';
import { V2Segment } from './v2-value.ts';

/** What the segments that follow belong to. */
interface Context {
  readonly resources: Draft[];
  readonly time: TimeOptions;
  patient?: Draft;
  encounter?: Draft;
  order?: V2Segment;
  report?: Draft;
  observation?: Draft;
  appointment?: Draft;
  /** The values that are not what their type says. */
  readonly asText: string[];
  diagnoses: number;
  observations: number;
  results: number;
  participants: number;
}

/**
 * Converts a message, one segment per step. Returns the resources in the order of their segments, and the places of the
 * values that are not what their type says and were kept as text, for example `OBX[3]-5`.
 */
export function* convertSteps(
  message: Hl7Message,
  time: TimeOptions,
): Generator<void, { readonly resources: readonly Draft[]; readonly asText: readonly string[] }> {
  const context: Context = { resources: [], time, asText: [], diagnoses: 0, observations: 0, results: 0, participants: 0 };
  for (const line of message.segments) {
    const name = segmentName(line, message.delimiters);
    const take = Object.hasOwn(TAKERS, name) ? TAKERS[name] : undefined;
    if (take === undefined) continue;
    take(
      V2Segment.read(line, message.delimiters, () => (context.order === undefined ? [] : [context.order])),
      context,
    );
    yield;
  }
  return context;
}

type Taker = (segment: V2Segment, context: Context) => void;

const TAKERS: Readonly<Record<string, Taker | undefined>> = {
  MSH: (segment, context) => void made('MSH[MessageHeader]', segment, context),
  PID(segment, context) {
    context.patient = made('PID[Patient]', segment, context);
    delete context.encounter;
    delete context.report;
    delete context.observation;
    if (context.appointment !== undefined) participate(context.appointment, context.patient, context);
  },
  PD1: (segment, { patient, time }) => patient && applySegment('PD1[Patient]', segment, patient, time),
  NK1: (segment, context) => refer(made('NK1[RelatedPerson]', segment, context), 'patient', context.patient),
  PV1(segment, context) {
    context.encounter = made('PV1[Encounter]', segment, context);
    refer(context.encounter, 'subject', context.patient);
  },
  PV2: (segment, { encounter, time }) => encounter && applySegment('PV2[Encounter]', segment, encounter, time),
  AL1: (segment, context) => refer(made('AL1[AllergyIntolerance]', segment, context), 'patient', context.patient),
  DG1(segment, context) {
    const condition = made('DG1[Condition]', segment, context);
    refer(condition, 'subject', context.patient);
    refer(condition, 'encounter', context.encounter);
    refer(context.encounter?.element('diagnosis', String(++context.diagnoses)), 'condition', condition);
  },
  PR1(segment, context) {
    const procedure = made('PR1[Procedure]', segment, context);
    refer(procedure, 'subject', context.patient);
    refer(procedure, 'encounter', context.encounter);
  },
  ORC(segment, context) {
    context.order = segment;
  },
  OBR: takeOrder,
  OBX(segment, context) {
    const observation = new Draft('Observation');
    context.resources.push(observation);
    context.observation = observation;
    context.observations += 1;
    if (!applyObservation(segment, observation, context.time)) context.asText.push(`OBX[${context.observations}]-5`);
    refer(observation, 'subject', context.patient);
    refer(observation, 'encounter', context.encounter);
    context.report?.set('result', String(++context.results), new DraftReference(observation));
  },
  NTE: (segment, { observation, time }) => observation && applySegment('NTE[Observation]', segment, observation, time),
  SPM(segment, context) {
    const specimen = made('SPM[Specimen]', segment, context);
    refer(specimen, 'subject', context.patient);
    context.report?.set('specimen', String(++context.results), new DraftReference(specimen));
  },
  SCH(segment, context) {
    context.appointment = made('SCH[Appointment]', segment, context);
  },
  AIS: takeService,
  AIL: (segment, context) => takeActor(segment, 'Location', context),
  AIP: (segment, context) => takeActor(segment, 'Practitioner', context),
};

function made(table: string, segment: V2Segment, { resources, time }: Context): Draft {
  const [, type = ''] = /\[(\w+)\]/.exec(table) ?? [];
  const resource = new Draft(type);
  resources.push(resource);
  applySegment(table, segment, resource, time);
  return resource;
}

function refer(from: Draft | undefined, field: string, to: Draft | undefined): void {
  if (to !== undefined) from?.set(field, '', new DraftReference(to));
}

/** OBR is the order and its report; ORC before it belongs to both. */
function takeOrder(segment: V2Segment, context: Context): void {
  const { resources, time, order } = context;
  const request = new Draft('ServiceRequest');
  const report = new Draft('DiagnosticReport');
  resources.push(request, report);
  if (order !== undefined) {
    applySegment('ORC[ServiceRequest]', order, request, time);
    applySegment('ORC[DiagnosticReport]', order, report, time);
  }
  applySegment('OBR[ServiceRequest]', segment, request, time);
  applySegment('OBR[DiagnosticReport]', segment, report, time);
  for (const resource of [request, report]) {
    refer(resource, 'subject', context.patient);
    refer(resource, 'encounter', context.encounter);
  }
  refer(report, 'basedOn', request);
  context.report = report;
  context.results = 0;
  delete context.observation;
  delete context.order;
}

function participate(appointment: Draft, actor: Draft, context: Context): void {
  const participant = appointment.element('participant', `own ${++context.participants}`)!;
  refer(participant, 'actor', actor);
}

/** AIS-3 is the service; AIS-4 and AIS-7 are the time, unless SCH-11 has it. */
function takeService(segment: V2Segment, { appointment, time }: Context): void {
  if (appointment === undefined) return;
  const service = segment.values(3)[0];
  const concept = service && appointment.element('serviceType', 'AIS');
  if (concept !== undefined) applyValue('cwe[codeableconcept]', service!, concept, { time, segment });
  const start = toPrimitive(segment.text('AIS-4') ?? '', 'instant', time);
  const minutes = /^(?:MIN|M)?$/i.test(segment.text('AIS-8.1') ?? '') ? Number(segment.text('AIS-7')) : Number.NaN;
  if (typeof start !== 'string' || Number.isNaN(minutes) || appointment.has('start')) return;
  const end = Date.parse(start) + minutes * 60_000;
  if (Number.isNaN(end)) return;
  appointment.set('start', '', start);
  appointment.set('end', '', new Date(end).toISOString());
}

function takeActor(segment: V2Segment, type: 'Location' | 'Practitioner', context: Context): void {
  const { appointment, time } = context;
  if (appointment === undefined || segment.values(3).length === 0) return;
  const participant = appointment.element('participant', `own ${++context.participants}`)!;
  const actor = participant.referred('actor', '', type)!;
  applyValue(type === 'Location' ? 'pl[location]' : 'xcn[practitioner]', segment.values(3)[0]!, actor, { time, segment });
}
