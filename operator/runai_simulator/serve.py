"""Serving the simulator: in the foreground for people, in a thread for tests."""

import contextlib
import socket
import threading
from types import TracebackType

import uvicorn

from runai_simulator.app import create_app
from runai_simulator.client import ControlClient
from runai_simulator.clock import Clock
from runai_simulator.settings import Settings, Times
from runai_simulator.state import State

LOOPBACK = "127.0.0.1"
START_DEADLINE = 10.0


def serve(host: str, port: int, *, settings: Settings | None = None) -> None:
    """Serve until interrupted (SIGINT, SIGTERM). Blocks."""
    uvicorn.run(create_app(settings), host=host, port=port, log_level="warning", access_log=False, lifespan="off")


class RunningSimulator:
    """A simulator in a thread of this process, on a free port of the loopback interface.

    A context manager; it is fast (`Times.fast()`) unless settings say otherwise. Stopped and started again, it
    keeps its port and its state: so a test lets Run:ai be away for a while.
    """

    def __init__(self, settings: Settings | None = None, *, port: int = 0, clock: Clock | None = None) -> None:
        self.state = State(settings or Settings(times=Times.fast()), clock)
        self.port = port
        self._running: _Thread | None = None
        self._control: ControlClient | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def control(self) -> ControlClient:
        if self._control is None:
            self._control = ControlClient(self.url)
        return self._control

    def start(self) -> "RunningSimulator":
        listening = _listening(self.port)
        self.port = listening.getsockname()[1]
        self._running = _Thread(self.state, listening)
        self._running.start_and_wait()
        return self

    def stop(self) -> None:
        """Close the port and every connection; requests under way get no answer."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._running is not None:
            self._running.stop_and_wait()
            self._running = None

    def __enter__(self) -> "RunningSimulator":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Signals belong to the process that runs the tests."""
        yield


class _Thread:
    def __init__(self, state: State, listening: socket.socket) -> None:
        app = create_app(state=state)
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none")
        self._server = _Server(config)
        self._listening = listening
        self._thread = threading.Thread(target=self._run, name="runai-simulator", daemon=True)

    def start_and_wait(self) -> None:
        self._thread.start()
        if not self._server.ready.wait(START_DEADLINE):
            raise RuntimeError("the simulator did not start: see its log lines")

    def stop_and_wait(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(START_DEADLINE)
        self._listening.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._listening])


def _listening(port: int) -> socket.socket:
    """The protocol is named because asyncio sets TCP_NODELAY only then; without it each answer takes 40 ms."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOOPBACK, port))
    return listening
