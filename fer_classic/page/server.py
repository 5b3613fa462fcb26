"""The page's server: one port of this machine, one key, until it is stopped."""

import socket
import threading

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.page.guard import Guard, new_token

HOST = "127.0.0.1"


def check_packages():
    """An error that says what to install where the page's packages are absent."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        raise FerClassicError(
            "The page needs two more packages: pip install 'fer_classic[page]'"
        ) from None


class Server:
    """A page at work: ``with Server(workspace) as server: …``.

    Parameters
    ----------
    workspace : Workspace
    port : int
        0 for any that is free.

    Attributes
    ----------
    address : str
        With the key.
    """

    def __init__(self, workspace, port=0):
        check_packages()
        import uvicorn

        from fer_classic.page.routes import make_app

        self.workspace = workspace
        self._socket = _bound(port)
        port, token = self._socket.getsockname()[1], new_token()
        self.address = f"http://{HOST}:{port}/{token}/"
        self._app = make_app(workspace)
        config = uvicorn.Config(
            Guard(self._app, token, port),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=64,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = None

    def run(self):
        """Answer until the process is told to end."""
        self._open()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.close()

    def __enter__(self):
        self._open()
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(10)
        self.close()

    def close(self):
        """Let go of the port and of the journal."""
        self._app.state.training.stop()
        self._socket.close()
        if self.workspace.journal is not None:
            self.workspace.journal.close()
        if self.workspace.film is not None:
            self.workspace.film.close()

    def _open(self):
        if self.workspace.is_to_be_read:
            threading.Thread(target=self.workspace.open, daemon=True).start()


def _bound(port):
    # With the protocol named, asyncio sends each part of an answer at once; without it,
    # every body would wait 40 ms for the acknowledgement of its head.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.bind((HOST, port))
        found.listen()  # the address is good from now on
    except OSError as error:
        found.close()
        raise UsageError(
            f"The port {port} cannot be had: {error.strerror}. Leave `port` away to take "
            "any that is free."
        ) from None
    return found
