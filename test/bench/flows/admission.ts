/** The segments of an ADT^A01, whose control id is made of the name and the number. */
export function segmentsOf(name: string, number: number, patient: string): readonly string[] {
  return [
    `MSH|^~\\&|HIS|HOSP-C|KQ|DISTRICT|20260105093000||ADT^A01^ADT_A01|${name}${number}|P|2.5.1`,
    'EVN|A01|20260105092959',
    `PID|1||${patient}^^^HOSP-C^MR||TEST^PATIENT||19800101|M|||ROAD 1^^SHANGHAI^^200000^CN||13800000000`,
    `PV1|1|I|W03^0301^12^HOSP-C||||D0042^DOCTOR^TEST|||MED||||1|||D0042|IN|V${number}|||||||||||||||||||||||||20260105092000`,
  ];
}
