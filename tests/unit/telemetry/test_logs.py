import io
import json
import logging

import pytest
import structlog

from runai_operator.telemetry import LogFormat, bind, configure_logging, get_logger


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    root = logging.getLogger()
    names = ["kopf.objects", "aiohttp.access", "uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "asyncio"]
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in names}
    yield
    structlog.reset_defaults()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream():
    stream = io.StringIO()
    configure_logging(LogFormat.JSON, "info", stream)
    return stream


def test_a_line_of_ours_is_json_with_time_level_and_logger(stream):
    get_logger("runai_operator.sync").info("created", route="/api/v2/workloads")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "message": "created",
        "level": "info",
        "logger": "runai_operator.sync",
        "route": "/api/v2/workloads",
    }


@pytest.mark.parametrize("name", ["kopf", "aiohttp.server", "uvicorn", "uvicorn.error", "anything"])
def test_the_lines_of_libraries_take_the_same_way(stream, name):
    logging.getLogger(name).warning("%s is %d s late", "watch", 3)
    (line,) = lines(stream)
    assert (line["message"], line["level"], line["logger"]) == ("watch is 3 s late", "warning", name)


def test_uvicorns_own_handlers_are_taken_from_it():
    logger = logging.getLogger("uvicorn")
    logger.addHandler(logging.StreamHandler(other := io.StringIO()))
    logger.propagate = False
    configure_logging("json", "info", stream := io.StringIO())
    logger.warning("started")
    assert (other.getvalue(), len(lines(stream))) == ("", 1)


def test_a_level_that_a_uvicorn_server_set_for_itself_hides_nothing():
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    configure_logging("json", "info", stream := io.StringIO())
    logging.getLogger("uvicorn.error").warning("no longer hidden")
    assert len(lines(stream)) == 1


def test_kopfs_successes_are_not_told_and_its_warnings_are(stream):
    logging.getLogger("kopf.objects").info("Handler succeeded.")
    logging.getLogger("kopf.objects").warning("Handler failed.")
    assert [line["message"] for line in lines(stream)] == ["Handler failed."]


def test_kopfs_reference_becomes_the_resource(stream):
    reference = {"namespace": "team-a", "name": "trainer", "uid": "1"}
    logging.getLogger("kopf.objects").warning("Handler failed.", extra={"k8s_ref": reference})
    assert lines(stream)[0]["resource"] == "team-a/trainer"


def test_resource_and_workload_stand_on_every_line_within_and_on_none_after(stream):
    with bind(resource="team-a/trainer", workload_id="42"):
        get_logger("a").info("ours")
        logging.getLogger("httpx.x").warning("theirs")
    get_logger("a").info("after")
    assert [line.get("resource") for line in lines(stream)] == ["team-a/trainer", "team-a/trainer", None]
    assert [line.get("workload_id") for line in lines(stream)] == ["42", "42", None]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_reaches_a_line(log_format):
    configure_logging(log_format, "debug", stream := io.StringIO())
    client_secret = "hunter2-hunter2"
    try:
        raise ValueError(f"401 for Bearer {client_secret}")
    except ValueError:
        get_logger("a").exception("refused", client_secret=client_secret, headers={"Authorization": client_secret})
        logging.getLogger("b").exception("sent Bearer %s", client_secret)
    assert "hunter2" not in stream.getvalue()
    assert "Traceback" in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_a_user_writes_begins_no_line_and_speaks_to_no_terminal(log_format):
    configure_logging(log_format, "debug", stream := io.StringIO())
    forged = "a name\r\n2026-11-21T20:00:00Z [info] all is well\x1b[2J\x9b2J\u202e"
    get_logger("a").warning(forged, resource=forged)
    logging.getLogger("b").warning("%s", forged)
    assert len(stream.getvalue().splitlines()) == 2
    assert not [each for each in stream.getvalue() if not each.isprintable() and each != "\n"]
    assert "all is well" in stream.getvalue()


@pytest.mark.parametrize(
    ("log_format", "stream", "is_json"),
    [
        ("auto", io.StringIO(), True),
        ("auto", Terminal(), False),
        ("json", Terminal(), True),
        ("console", io.StringIO(), False),
    ],
)
def test_auto_is_console_at_a_terminal_alone(log_format, stream, is_json):
    configure_logging(log_format, "info", stream)
    get_logger("a").info("created")
    assert stream.getvalue().startswith("{") is is_json
    assert "created" in stream.getvalue()


@pytest.mark.parametrize(("level", "told"), [("debug", 3), ("info", 2), ("WARNING", 1)])
def test_the_level_holds_for_us_and_for_libraries(level, told):
    configure_logging("json", level, stream := io.StringIO())
    for logger in (get_logger("ours"), logging.getLogger("theirs")):
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
    assert len(lines(stream)) == 2 * told


@pytest.mark.parametrize(("log_format", "level"), [("xml", "info"), ("json", "loud")])
def test_an_unknown_format_or_level_is_refused(log_format, level):
    with pytest.raises(ValueError):
        configure_logging(log_format, level, io.StringIO())
