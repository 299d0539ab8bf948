"""Start the dashboard: python app.py [--host 127.0.0.1] [--port 7860] [--showcase].

HOST, PORT, KURABE_SHOWCASE and KURABE_PASSWORD do the same; a Hugging Face Space says GRADIO_SERVER_NAME and _PORT.
"""

import argparse
import os
import sys

from engine import showcase
from ui import server


def _said(*names: str) -> str:
    """What the first of these environment variables says that says anything."""
    return next((value for name in names if (value := os.environ.get(name))), "")


def main() -> int:
    """Serve the page until Ctrl-C. Exit code 2 where it cannot be served as asked."""
    parser = argparse.ArgumentParser(
        prog="app.py", description="Kurabe: fine-tune a language model and see whether it helped."
    )
    parser.add_argument(
        "--host", default=_said("HOST", "GRADIO_SERVER_NAME") or "127.0.0.1", help="the address to listen on"
    )
    parser.add_argument(
        "--port", type=int, default=_said("PORT", "GRADIO_SERVER_PORT") or 7860, help="the port to listen on"
    )
    parser.add_argument("--showcase", action="store_true", help="only show finished runs and ask their models")
    flags = parser.parse_args()
    if flags.showcase:
        os.environ[showcase.VARIABLE] = "1"
    try:
        where = server.place(flags.host, flags.port, dict(os.environ))
        server.expect_free(where)
    except server.UserError as problem:
        print(problem, file=sys.stderr)
        return 2
    os.environ[showcase.VARIABLE] = "1" if where.showcase else "0"  # what the engine, and what it starts, goes by
    server.quiet_environment()
    from ui.app import serve

    serve(where)
    return 0


if __name__ == "__main__":
    sys.exit(main())
