"""An HTTP server that demands a login (lab, lab-secret) and appends what it gets to a file: server.py PORT FILE"""
import base64, http.server, sys

port, path = int(sys.argv[1]), sys.argv[2]
LOGIN = "Basic " + base64.b64encode(b"lab:lab-secret").decode()
ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><done>1</done></s:Body></s:Envelope>'
ANSWERS = {
    "/soap": ("text/xml; charset=utf-8", ENVELOPE.encode()),
    "/fhir": ("application/fhir+json", b'{"resourceType":"Patient","id":"1"}'),
}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != LOGIN:
            return self.answer(401, "text/plain", b"")
        with open(path, "ab") as file:
            file.write(body + b"\n")
        self.answer_by_path()

    do_PUT = do_POST

    def do_GET(self):
        if self.headers.get("Authorization") != LOGIN:
            return self.answer(401, "text/plain", b"")
        self.answer_by_path()

    def answer_by_path(self):
        if self.path.startswith("/bytes/"):
            return self.answer(200, "application/json", bytes(int(self.path.split("/")[2])))
        kind, body = ANSWERS.get("/" + self.path.split("/")[1], ("application/json", b'{"done":true}'))
        self.answer(200, kind, body)

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()
