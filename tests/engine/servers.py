"""A real HTTP server that answers like an OpenAI chat completion, and misbehaves as told."""

import json
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Chat:
    """`say(model, question)` is the answer. `trouble` holds what the next requests get instead, in order: a status, or
    a function of the handler. `requests` are the bodies seen, `headers` theirs, `most` the requests at once."""

    def __init__(self, say):
        self.say, self.trouble, self.requests, self.headers = say, [], [], []
        self.most = self.now = 0
        self.lock = threading.Lock()
        self.url = ""


def respond(handler, body: bytes, *, status: int = 200, headers=()):
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **dict(headers)}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that has gone is no error of the server's
            super().handle_error(request, client_address)


@contextmanager
def serving(say):
    """The Chat of a server that lives inside the with."""
    chat = Chat(say)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with chat.lock:
                chat.requests.append((self.path, body))
                chat.headers.append(dict(self.headers))
                chat.now += 1
                chat.most = max(chat.most, chat.now)
                trouble = chat.trouble.pop(0) if chat.trouble else None
            try:
                if callable(trouble):
                    trouble(self)
                elif trouble:
                    error = {"error": {"message": f"trouble {trouble} for {self.headers['Authorization']}\x1b[31m"}}
                    respond(self, json.dumps(error).encode(), status=trouble, headers={"Retry-After": "0"})
                else:
                    time.sleep(0.01)
                    text = chat.say(body["model"], body["messages"][-1]["content"])
                    respond(self, json.dumps(completion(text)).encode())
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                with chat.lock:
                    chat.now -= 1

        def log_message(self, *args):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()


def completion(text, *, reason="stop"):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    return {"object": "chat.completion", "choices": [choice], "usage": {"completion_tokens": len((text or "").split())}}
