/** Invented documents: one of the standard's shape, and one as the Chinese shared documents (WS/T 500.2, outpatient record) prescribe. */

export const PROGRESS_NOTE = `<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:1/CDA.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sdtc="urn:hl7-org:sdtc">
  <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.9" extension="2015-08-01"/>
  <id root="2.16.840.1.113883.19" extension="note-1"/>
  <code code="11506-3" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="Progress note"/>
  <title>Progress note</title><effectiveTime value="20260102030405+0800"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
  <setId root="2.16.840.1.113883.19.7" extension="set-1"/><versionNumber value="2"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="998991"/>
    <addr use="HP"><streetAddressLine>1 Test Street</streetAddressLine> <city>Testing</city></addr><telecom value="tel:+1-555-0100"/>
    <patient><name use="L"><given>Ada</given><given>M</given><family>Tester</family></name>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19800102"/>
      <sdtc:deceasedInd value="false"/></patient></patientRole></recordTarget>
  <author><time value="20260102"/><assignedAuthor><id root="2.16.840.1.113883.19.5" extension="D1"/>
    <assignedPerson><name><given>Henry</given><family>Sample</family></name></assignedPerson>
    <representedOrganization><id root="2.16.840.1.113883.19.5"/><name>Good Clinic</name></representedOrganization></assignedAuthor></author>
  <author><time value="20260102"/><assignedAuthor><id nullFlavor="NA"/><assignedAuthoringDevice><softwareName>EHR 1</softwareName></assignedAuthoringDevice></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.840.1.113883.19.5"/><name>Good Clinic</name></representedCustodianOrganization></assignedCustodian></custodian>
  <legalAuthenticator><time value="20260103"/><signatureCode code="S"/><assignedEntity><id extension="D1" root="2.16.840.1.113883.19.5"/>
    <assignedPerson><name>Henry Sample</name></assignedPerson></assignedEntity></legalAuthenticator>
  <relatedDocument typeCode="RPLC"><parentDocument><id root="2.16.840.1.113883.19" extension="note-0"/></parentDocument></relatedDocument>
  <component><structuredBody><component><section>
    <templateId root="2.16.840.1.113883.10.20.22.2.3.1"/>
    <code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Results</title>
    <text><paragraph>Blood &lt;b&gt; <content ID="r1" styleCode="Bold">potassium 4.0</content> was <content styleCode="Italics xRed">normal</content>.<br/>Next week again.</paragraph>
      <list listType="ordered"><item><caption>One</caption> first</item><item>second</item></list>
      <table border="1" onclick="alert(1)"><thead><tr><th colspan="2" style="background:url(http://127.0.0.1:1/x)">Test</th></tr></thead>
        <tbody><tr><td rowspan="1&quot; onload=&quot;x">K</td><td>4.0 mmol/L</td></tr></tbody></table></text>
    <entry><organizer classCode="BATTERY" moodCode="EVN"><id root="1.2.3"/><code code="24326-1" displayName="Electrolytes"/><statusCode code="completed"/>
      <component><observation classCode="OBS" moodCode="EVN"><id root="1.2.3" extension="k"/>
        <code code="2823-3" codeSystem="2.16.840.1.113883.6.1" displayName="Potassium"/><text><reference value="#r1"/></text><statusCode code="completed"/>
        <effectiveTime value="20260102"/><value xsi:type="PQ" value="4.0" unit="mmol/L"/><interpretationCode code="N"/>
        <referenceRange><observationRange><text>3.5 to 5.1</text></observationRange></referenceRange></observation></component></organizer></entry>
    <entry><substanceAdministration classCode="SBADM" moodCode="INT" negationInd="true"><effectiveTime xsi:type="IVL_TS"><low value="20260102"/><high value="20260109"/></effectiveTime>
      <routeCode code="PO"/><doseQuantity value="1" unit="tablet"/><consumable><manufacturedProduct><manufacturedMaterial><code code="833036"><originalText>Captopril 25 mg</originalText></code></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
    <component><section><title>Inner</title><text>plain text</text></section></component>
  </section></component></structuredBody></component>
</ClinicalDocument>`;

export const OUTPATIENT_RECORD = `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:mif="urn:hl7-org:v3/mif" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/><templateId root="2.16.156.10011.2.1.1.22"/>
  <id root="2.16.156.10011.1.1" extension="RN001"/>
  <code code="C0002" codeSystem="2.16.156.10011.2.4" codeSystemName="卫生信息共享文档编码体系"/><title>门（急）诊病历</title>
  <effectiveTime value="20261024154823"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="正常访问保密级别"/>
  <languageCode code="zh-CN"/><setId/><versionNumber/>
  <recordTarget typeCode="RCT" contextControlCode="OP"><patientRole classCode="PAT"><id root="2.16.156.10011.1.11" extension="E10000000"/>
    <patient classCode="PSN" determinerCode="INSTANCE"><id root="2.16.156.10011.1.3" extension="420106200001010000"/><name>测试甲</name>
      <administrativeGenderCode code="2" codeSystem="2.16.156.10011.2.3.3.4" displayName="女性"/><birthTime value="20000101"/><age unit="岁" value="26"/>
      <ethnicGroupCode code="01" codeSystem="2.16.156.10011.2.3.3.3" displayName="汉族"/></patient>
    <providerOrganization classCode="ORG"><id root="2.16.156.10011.1.5" extension="1234567890"/><name>测试市第一医院</name></providerOrganization></patientRole></recordTarget>
  <author typeCode="AUT"><time value="20261024"/><assignedAuthor classCode="ASSIGNED"><id root="2.16.156.10011.1.7" extension="D01"/>
    <assignedPerson><name>测试医生</name></assignedPerson></assignedAuthor></author>
  <custodian typeCode="CST"><assignedCustodian classCode="ASSIGNED"><representedCustodianOrganization classCode="ORG"><id root="2.16.156.10011.1.5" extension="1234567890"/><name>测试市第一医院</name></representedCustodianOrganization></assignedCustodian></custodian>
  <componentOf typeCode="COMP"><encompassingEncounter classCode="ENC"><id/><effectiveTime value="20261024"/><location><healthCareFacility><serviceProviderOrganization><name>内科一诊室</name>
    <asOrganizationPartOf><wholeOrganization><name>内科</name><asOrganizationPartOf><wholeOrganization><name>测试市第一医院</name></wholeOrganization></asOrganizationPartOf></wholeOrganization></asOrganizationPartOf></serviceProviderOrganization></healthCareFacility></location></encompassingEncounter></componentOf>
  <component><structuredBody>
    <component><section><code code="10154-3" codeSystem="2.16.840.1.113883.6.1" displayName="CHIEF COMPLAINT"/><text/>
      <entry><observation classCode="OBS" moodCode="EVN"><code code="DE04.01.119.00" codeSystem="2.16.156.10011.2.2.1" displayName="主诉"/><value xsi:type="ST">发热、咳嗽五日。</value></observation></entry></section></component>
    <component><section><code code="29548-5" codeSystem="2.16.840.1.113883.6.1" displayName="Diagnosis"/><text/>
      <entry><organizer classCode="CLUSTER" moodCode="EVN"><statusCode/>
        <component><observation classCode="OBS" moodCode="EVN"><code code="DE05.01.024.00" displayName="诊断代码"/><value xsi:type="CD" code="J11.101" codeSystem="2.16.156.10011.2.3.3.11" displayName="流行性感冒"/></observation></component>
        <component><observation classCode="OBS" moodCode="EVN"><code code="DE06.00.028.00" displayName="初诊"/><value xsi:type="BL" value="true"/></observation></component></organizer></entry></section></component>
  </structuredBody></component>
</ClinicalDocument>`;
