"""What of a text may be quoted."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from runai_operator.runai.conceal import CONCEALED, LONGEST_TEXT, quotable

SECRET = 'a&b<"c\\/+%é\U0001f511 d'
WRITTEN = {
    "as it is": str,
    "for a URL": lambda text: quote(text, safe=""),
    "for a form": quote_plus,
    "for HTML": html.escape,
    "for JSON": json.dumps,
    "for JSON, without escapes": lambda text: json.dumps(text, ensure_ascii=False),
    "for JSON within JSON": lambda text: json.dumps(json.dumps(text)),
    "for JSON in a URL": lambda text: quote(json.dumps(text)),
    "with slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in the midst of base64": lambda text: base64.urlsafe_b64encode(f"user:{text}, and more".encode()).decode(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_nothing_is_quoted_of_what_repeats_a_secret(how: str) -> None:
    assert quotable(f"you sent {WRITTEN[how](SECRET)}, which is wrong", [SECRET]) == CONCEALED


@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_at_the_cut_is_recognised(how: str) -> None:
    assert quotable("x" * (LONGEST_TEXT - 3) + WRITTEN[how](SECRET), [SECRET]) == CONCEALED


@pytest.mark.parametrize("text", ["the name is taken", "100 % of a+b &amp; \\u00e9", "", "\\ud83d", "&#xffffffff; %ff"])
def test_what_repeats_none_is_quoted_as_it_is(text: str) -> None:
    assert quotable(text, [SECRET, ""]) == text


def test_a_long_text_is_cut() -> None:
    assert quotable("x" * 5000, []) == "x" * LONGEST_TEXT + "…"
