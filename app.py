"""Start the dashboard: python app.py [--host 127.0.0.1] [--port 7860]. HOST, PORT and KURABE_PASSWORD do the same."""

import argparse
import os
import sys

from ui import server


def main() -> int:
    """Serve the page until Ctrl-C. Exit code 2 where it cannot be served as asked."""
    parser = argparse.ArgumentParser(
        prog="app.py", description="Kurabe: fine-tune a language model and see whether it helped."
    )
    parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 7860, help="the port to listen on")
    flags = parser.parse_args()
    try:
        where = server.place(flags.host, flags.port, dict(os.environ))
        server.expect_free(where)
    except server.UserError as problem:
        print(problem, file=sys.stderr)
        return 2
    server.quiet_environment()
    from ui.app import serve

    serve(where)
    return 0


if __name__ == "__main__":
    sys.exit(main())
