"""A hospital that acknowledges each message and appends it to a file: server.py PORT FILE"""
import asyncio
import sys

from hl7.mllp import start_hl7_server

port, path = int(sys.argv[1]), sys.argv[2]


async def serve(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            with open(path, "a", encoding="utf-8") as file:
                file.write(str(message).replace("\r", " ") + "\n")
            writer.writemessage(message.create_ack())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    async with await start_hl7_server(serve, host="127.0.0.1", port=port, encoding="utf-8") as server:
        await server.serve_forever()


asyncio.run(main())
