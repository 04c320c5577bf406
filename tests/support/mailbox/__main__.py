"""`python -m tests.support.mailbox`: the stand-in, until it is stopped."""

import argparse
import asyncio
import json

import uvicorn

from tests.support.mailbox.server import Mailbox


async def serve(args: argparse.Namespace) -> None:
    box = Mailbox()
    smtp = await box.serve(args.smtp_port)
    config = uvicorn.Config(
        box.app(), host="127.0.0.1", port=args.port, log_level="error", access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started and not running.done():
        await asyncio.sleep(0.01)
    if server.started:
        port = server.servers[0].sockets[0].getsockname()[1]
        said = {"url": f"http://127.0.0.1:{port}", "smtp_port": smtp.sockets[0].getsockname()[1]}
        print(json.dumps(said), flush=True)
    await running
    smtp.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.support.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))
