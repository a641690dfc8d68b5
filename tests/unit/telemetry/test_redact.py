import json

import pytest

from runai_operator.telemetry import REDACTED, redact_text
from runai_operator.telemetry.redact import redact

SECRET_KEYS = [
    "authorization",
    "Authorization",
    "Proxy-Authorization",
    "client_secret",
    "clientSecret",
    "token",
    "accessToken",
    "access_token",
    "password",
    "Set-Cookie",
    "apiKey",
]


@pytest.mark.parametrize("key", SECRET_KEYS)
@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: {"headers": it}, lambda it: {"calls": [{"h": (it,)}]}])
def test_values_under_telling_keys_go_however_deep(key, wrap):
    event = redact(None, "info", wrap({key: "hunter2", "name": "trainer"}))
    assert "hunter2" not in json.dumps(event)
    assert REDACTED in json.dumps(event)
    assert "trainer" in json.dumps(event)


@pytest.mark.parametrize("key", ["resource", "workload_id", "secretName", "tokens_left", "message"])
def test_other_values_stay(key):
    assert redact(None, "info", {key: "team-a/trainer", "count": 3}) == {key: "team-a/trainer", "count": 3}


TEXTS = [
    ("a header", "sent Authorization: Bearer abc.def-ghi123", "sent Authorization: Bearer [redacted]"),
    ("basic credentials", "Basic dXNlcjpwYXNz!", "Basic [redacted]!"),
    ("a JWT", "got eyJhbGciOi.eyJzdWIiOi.c2ln from it", "got [redacted] from it"),
    ("a URL with a password", "by http://user:pa:ss@proxy:3128/ now", "by http://[redacted]@proxy:3128/ now"),
    ("a URL without one", "by https://a.test:443/x@y", "by https://a.test:443/x@y"),
    ("nothing of that", "the basic plan; a bearer of news", "the basic plan; a bearer of news"),
]


@pytest.mark.parametrize(("text", "cleaned"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_credentials_within_texts_go(text, cleaned):
    assert redact_text(text) == cleaned


def test_a_value_that_contains_itself_ends():
    loop: dict = {}
    loop["again"] = loop
    assert "..." in str(redact(None, "info", loop))
