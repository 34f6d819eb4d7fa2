"""A mail server that keeps what it gets to itself: server.py PORT tls|starttls|none CERT KEY FILE. The file gets one line of JSON for each mail; nothing is sent on."""
import asyncio, json, logging, ssl, sys, warnings

from aiosmtpd.smtp import SMTP, AuthResult

port, security, cert, key, kept = sys.argv[1:6]
warnings.simplefilter("ignore")
logging.disable()
context = None
if security != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)


class Keep:
    async def handle_DATA(self, server, session, envelope):
        mail = json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "login": session.auth_data,
            "isEncrypted": session.ssl is not None or security == "tls",
            "sizeBytes": len(envelope.content),
            "data": envelope.content[:1_000_000].decode("latin-1"),
        })
        with open(kept, "a") as file:
            file.write(mail + "\n")
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    login = f"{data.login.decode()}:{data.password.decode()}"
    is_right = data.password == b"right"
    return AuthResult(success=is_right, handled=False, auth_data=login)


def peer():
    options = {"tls_context": context, "require_starttls": True} if security == "starttls" else {"auth_require_tls": False}  # TLS is there from the first byte
    return SMTP(Keep(), authenticator=authenticate, auth_required=True, hostname="mail.test", data_size_limit=None, **options)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(peer, "127.0.0.1", int(port), ssl=context if security == "tls" else None)
    async with server:
        await server.serve_forever()


asyncio.run(main())
