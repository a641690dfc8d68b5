import asyncio

import aiohttp
import pytest

from runai_operator.telemetry import Health, Heartbeat, Metrics, at_most, serve_probes


class Stopwatch:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_without_checks_it_lives_and_is_ready():
    health = Health()
    assert health.livez().ok
    assert health.readyz().text() == "[+] shutdown: ok\nok\n"


def test_every_check_is_listed_and_one_that_fails_says_why():
    health = Health()
    health.live("workers", lambda: None)
    health.live("watch", lambda: "no event loop turned for 30 s")
    assert not health.livez().ok
    assert health.livez().text() == "[+] workers: ok\n[-] watch: no event loop turned for 30 s\nfailed\n"


def test_a_broken_check_is_a_failed_one_and_tells_no_details():
    health = Health()
    health.live("broken", lambda: str(1 / 0))
    health.live("other", lambda: None)
    assert health.livez().answers == {"broken": "the check itself failed: ZeroDivisionError", "other": None}


def test_it_is_ready_once_the_first_listing_is_done_until_it_shuts_down():
    health, missing = Health(), ["the first listing is not done yet"]
    health.ready("listing", lambda: next(iter(missing), None))
    assert "[-] listing: the first listing is not done yet" in health.readyz().text()
    missing.clear()
    assert health.readyz().ok
    health.shut_down()
    assert "[-] shutdown: shutting down" in health.readyz().text()
    assert health.livez().ok


@pytest.mark.parametrize(
    ("age", "why_not"), [(0, None), (30, None), (31, "no sign of life for 31 s, expected every 30 s")]
)
def test_a_heartbeat_fails_when_it_is_too_old(age, why_not):
    time = Stopwatch()
    heartbeat = Heartbeat(within=30, monotonic=time)
    time.now += 1000
    heartbeat.beat()
    time.now += age
    assert heartbeat() == why_not


@pytest.mark.parametrize(
    ("seconds", "why_not"), [(60, None), (61, "a worker is busy for 61 s, at most 60 s are normal")]
)
def test_a_measure_fails_above_its_limit(seconds, why_not):
    assert at_most(60, lambda: seconds, what="a worker is busy")() == why_not


def get(path: str, health: Health | None = None, metrics: Metrics | None = None, **headers: str):
    async def fetch():
        registry = (metrics or Metrics()).registry
        async with (
            serve_probes("127.0.0.1", 0, health or Health(), registry) as port,
            aiohttp.ClientSession() as client,
        ):
            answer = await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)
            return answer.status, answer.headers["Content-Type"], await answer.text()

    return asyncio.run(fetch())


@pytest.mark.parametrize(("path", "add"), [("/livez", Health.live), ("/readyz", Health.ready)])
@pytest.mark.parametrize(("why_not", "status"), [(None, 200), ("stuck", 503)])
def test_probes_answer_in_plain_text(path, add, why_not, status):
    health = Health()
    add(health, "workers", lambda: why_not)
    answered, content_type, text = get(path, health)
    assert (answered, content_type) == (status, "text/plain; charset=utf-8")
    assert f"workers: {why_not or 'ok'}" in text


def test_metrics_are_served_as_prometheus_reads_them():
    metrics = Metrics(version="1.2.3")
    metrics.errors.labels("Unavailable").inc()
    status, content_type, text = get("/metrics", metrics=metrics)
    assert status == 200
    assert content_type.startswith("text/plain")
    assert 'runai_operator_errors_total{kind="Unavailable"} 1.0' in text
    assert 'runai_operator_build_info{version="1.2.3"} 1.0' in text
    assert "openmetrics" in get("/metrics", Accept="application/openmetrics-text; version=1.0.0")[1]


def test_the_port_is_free_again_afterwards_and_a_taken_one_is_an_error():
    async def scenario():
        registry = Metrics().registry
        async with serve_probes("127.0.0.1", 0, Health(), registry) as port:
            with pytest.raises(OSError):
                async with serve_probes("127.0.0.1", port, Health(), registry):
                    pass
        async with serve_probes("127.0.0.1", port, Health(), registry) as again:
            return port == again

    assert asyncio.run(scenario())
