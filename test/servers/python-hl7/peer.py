"""Sends one admission by python-hl7 and checks the answer with hl7apy: peer.py PORT CHARSET"""

import sys

import hl7
from hl7.client import MLLPClient
from hl7apy.parser import parse_message

port, charset = int(sys.argv[1]), sys.argv[2]
admission = (
    "MSH|^~\\&|PY|协和|GW|平台|20261124120000||ADT^A01^ADT_A01|PY1|P|2.4\r"
    "EVN|A01|20261124120000\r"
    "PID|1||7^^^HIS^MR||张三^慭||19800101|M\r"
    "PV1|1|I\r"
)
with MLLPClient("127.0.0.1", port, encoding=charset) as client:
    answer = client.send_message(admission.encode(charset)).decode(charset).strip("\x0b\x1c\r")

parsed = hl7.parse(answer)
print("MSA", parsed.segment("MSA")[1], parsed.segment("MSA")[2])
print("hl7apy", parse_message(answer, find_groups=False).msa.msa_1.value)
