"""A small HTTP server with ranges, which can break off, be busy, or have no ranges at all."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves `content` at every path; `requests` has the Range header of each request."""

    daemon_threads = True

    def __init__(self, content: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.requests = content, []
        self.has_ranges, self.busy, self.status, self.cut = True, 0, None, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.requests.append(asked)
        if server.busy or server.status:
            server.busy -= not server.status
            return self.send_error(server.status or 503)
        start = int(asked[6:-1]) if asked and server.has_ranges else 0
        if start and start >= len(server.content):
            return self.send_error(416)
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:server.cut.pop(0)] if server.cut else body)

    def log_message(self, *args):
        pass


@contextmanager
def serve(content: bytes):
    """Give a running server of some bytes."""
    server = Server(content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
