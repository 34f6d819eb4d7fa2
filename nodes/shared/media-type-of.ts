/** The usual ending of a type comes first. A map: the ending comes from outside, and a plain object would find `constructor` too. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ txt: 'text/plain', csv: 'text/csv', xml: 'text/xml', html: 'text/html', json: 'application/json', hl7: 'application/hl7-v2' },
    ...{ pdf: 'application/pdf', zip: 'application/zip', gz: 'application/gzip', dcm: 'application/dicom' },
    ...{ jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', tif: 'image/tiff', tiff: 'image/tiff' },
    ...{ xls: 'application/vnd.ms-excel', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
  }),
);

/** Returns the media type of a file by the ending of its name. */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? 'application/octet-stream';
}

/** Returns the usual ending of a file of this media type, in lower case. */
export function endingOf(mediaType: string): string {
  const [, suffix] = /[/+](json|xml)$/.exec(mediaType) ?? [];
  return suffix ?? [...MEDIA_TYPES].find(([, type]) => type === mediaType)?.[0] ?? 'bin';
}
