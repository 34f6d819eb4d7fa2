/** Reads an HL7 CDA R2 document (ISO/HL7 27932), also in the shape of the Chinese shared documents (WS/T 500). */
import { AppError } from '../../engine/contract/values/errors.ts';
import { readNonXmlBody, readSections } from './body.ts';
import { all, first, readTree, textOf, V3, type Element } from './read-tree.ts';
import { addressesOf, codeOf, idOf, idsOf, nameOf, nullFlavorOf, periodOf, quantityOf, telecomsOf, timeOf } from './values.ts';

type Data = Readonly<Record<string, unknown>>;

/** Throws CDA_WRONG (input) if the root is no ClinicalDocument, and the errors of `readTree` and `readSections`. */
export function readDocument(text: string): Data {
  const document = readTree(text);
  if (document.name !== 'ClinicalDocument' || document.uri !== V3)
    throw new AppError('CDA_WRONG', 'input', 'The payload is no CDA R2 document: its root must be ClinicalDocument of urn:hl7-org:v3.', {
      fix: 'Send a CDA R2 document, or parse other XML by xml.parse.',
    });
  const patients = all(document, 'recordTarget', 'patientRole').map(readPatient);
  return {
    id: idOf(first(document, 'id')),
    setId: idOf(first(document, 'setId')),
    version: first(document, 'versionNumber')?.attributes['value'] ?? null,
    templateIds: all(document, 'templateId').flatMap((one) => idOf(one) ?? []),
    code: codeOf(first(document, 'code')),
    title: textOf(first(document, 'title')),
    time: timeOf(first(document, 'effectiveTime')),
    confidentiality: codeOf(first(document, 'confidentialityCode')),
    language: first(document, 'languageCode')?.attributes['code'] ?? null,
    patient: patients[0] ?? null,
    // Mother and newborn, for example.
    patients,
    authors: all(document, 'author').map(readAuthor),
    custodian: readOrganization(first(document, 'custodian', 'assignedCustodian', 'representedCustodianOrganization')),
    authenticators: [...all(document, 'legalAuthenticator'), ...all(document, 'authenticator')].map(readAuthenticator),
    encounter: readEncounter(first(document, 'componentOf', 'encompassingEncounter')),
    related: all(document, 'relatedDocument').map((related) => ({
      type: related.attributes['typeCode'] ?? null,
      id: idOf(first(related, 'parentDocument', 'id')),
    })),
    sections: readSections(document, text.length),
    nonXmlBody: readNonXmlBody(document),
  };
}

function readPatient(role: Element): Data {
  const patient = first(role, 'patient');
  return {
    ids: idsOf(role),
    ...namedAs(first(patient, 'name')),
    gender: codeOf(first(patient, 'administrativeGenderCode')),
    birthTime: timeOf(first(patient, 'birthTime')),
    age: quantityOf(first(patient, 'age')),
    maritalStatus: codeOf(first(patient, 'maritalStatusCode')),
    ethnicGroup: codeOf(first(patient, 'ethnicGroupCode')),
    addresses: addressesOf(role),
    telecoms: telecomsOf(role),
    organization: readOrganization(first(role, 'providerOrganization')),
  };
}

/** A name that is absent has the reason, if the document gives it. */
function namedAs(element: Element | undefined): Data {
  const [name, nameNullFlavor] = [nameOf(element), nullFlavorOf(element)];
  return name === null && nameNullFlavor !== undefined ? { name, nameNullFlavor } : { name };
}

function readAuthor(author: Element): Data {
  const assigned = first(author, 'assignedAuthor');
  return {
    time: timeOf(first(author, 'time')),
    ids: idsOf(assigned),
    ...namedAs(first(assigned, 'assignedPerson', 'name')),
    device: textOf(first(assigned, 'assignedAuthoringDevice', 'softwareName')),
    organization: readOrganization(first(assigned, 'representedOrganization')),
  };
}

function readAuthenticator(authenticator: Element): Data {
  const entity = first(authenticator, 'assignedEntity');
  return {
    isLegal: authenticator.name === 'legalAuthenticator',
    time: timeOf(first(authenticator, 'time')),
    signature: first(authenticator, 'signatureCode')?.attributes['code'] ?? null,
    ids: idsOf(entity),
    title: codeOf(first(entity, 'code')),
    ...namedAs(first(entity, 'assignedPerson', 'name')),
  };
}

function readOrganization(organization: Element | undefined): Data | null {
  if (organization === undefined) return null;
  return { ids: idsOf(organization), name: textOf(first(organization, 'name')) };
}

/** In shared documents the ward, the department and the hospital stand in organizations around each other. */
function readEncounter(encounter: Element | undefined): Data | null {
  if (encounter === undefined) return null;
  const places: (string | null)[] = [];
  let place = first(encounter, 'location', 'healthCareFacility', 'serviceProviderOrganization');
  while (place !== undefined && places.length < 10) {
    places.push(textOf(first(place, 'name')));
    place = first(place, 'asOrganizationPartOf', 'wholeOrganization');
  }
  return {
    ids: idsOf(encounter),
    code: codeOf(first(encounter, 'code')),
    time: periodOf(first(encounter, 'effectiveTime')),
    organizations: places.filter((name) => name !== null),
  };
}
