"""Drives zeep. Prints JSON.

client.py describe FOLDER: of each *.wsdl below a folder the operations with their fields, or why zeep refuses it.
client.py call WSDL PORT OPERATION ARGUMENTS [HEADERS [CA]]: calls an operation with JSON arguments and HTTP headers; the
answer, or the fault.
"""

import json
import sys
import warnings
from pathlib import Path

import requests
import zeep
from zeep.helpers import serialize_object

warnings.simplefilter("ignore")


class Local(zeep.Transport):
    def load(self, url):
        if url.startswith("http"):
            raise OSError("nothing is fetched here")
        return super().load(url)


def fields(operation):
    body = getattr(operation.input.body, "type", None)
    return [name for name, _ in getattr(body, "elements", [])]


def describe(folder):
    found = {}
    for path in sorted(Path(folder).rglob("*.wsdl")):
        name = str(path.relative_to(folder))
        try:
            wsdl = zeep.Client(str(path), transport=Local()).wsdl
            ports = [port for service in wsdl.services.values() for port in service.ports.values()]
            found[name] = {"operations": {key: fields(one) for port in ports for key, one in port.binding._operations.items()}}
        except Exception as error:
            found[name] = {"refused": f"{type(error).__name__}: {error}"}
    return found


def call(wsdl, port, operation, arguments, headers="{}", ca=None):
    session = requests.Session()
    session.headers.update(json.loads(headers))
    session.verify = ca if ca is not None else True
    service = zeep.Client(wsdl, transport=zeep.Transport(session=session)).bind(None, port)
    try:
        return {"answer": serialize_object(service[operation](**json.loads(arguments)), dict)}
    except zeep.exceptions.Fault as fault:
        detail = "" if fault.detail is None else zeep.wsdl.utils.etree_to_string(fault.detail).decode()
        return {"fault": {"code": fault.code, "message": fault.message, "detail": detail, "subcodes": [str(one) for one in fault.subcodes or []]}}


commands = {"describe": describe, "call": call}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False, default=str))
