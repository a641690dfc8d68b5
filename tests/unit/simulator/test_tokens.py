"""Both token endpoints, and what a token opens."""

import base64
import json

import pytest

from tests.unit.simulator.conftest import START, Bench

V2 = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo-secret"}
V1 = {"grantType": "client_credentials", "clientID": "demo", "clientSecret": "demo-secret"}


def test_both_endpoints_grant_a_jwt_whose_expiry_can_be_read(bench: Bench) -> None:
    second = bench.http.post("/api/v2/token", data=V2).json()
    first = bench.http.post("/api/v1/token", json=V1).json()
    assert second["expires_in"] == first["expiresIn"] == 3600
    for token in (second["access_token"], first["accessToken"]):
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        assert claims["exp"] == START + 3600
        bench.http.headers["Authorization"] = f"Bearer {token}"
        assert bench.http.get("/api/v1/clusters").status_code == 200


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
    ids=str,
)
def test_v2_refuses_in_the_words_of_oauth(bench: Bench, change: dict[str, str], code: int, error: str) -> None:
    answer = bench.http.post("/api/v2/token", data=V2 | change)
    assert (answer.status_code, answer.json()["error"]) == (code, error)


@pytest.mark.parametrize("change", [{"clientSecret": "wrong"}, {"grantType": "x"}, {"clientID": 7}], ids=str)
def test_v1_refuses_with_an_error_document(bench: Bench, change: dict[str, object]) -> None:
    answer = bench.http.post("/api/v1/token", json=V1 | change)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_without_the_v2_endpoint_v1_still_grants(bench: Bench) -> None:
    bench.control.switches(token_v2=False)
    assert bench.http.post("/api/v2/token", data=V2).status_code == 404
    assert bench.http.post("/api/v1/token", json=V1).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer a.b.c", "Basic ZGVtbzpkZW1v", "Bearer e30.e30."])
def test_other_credentials_open_nothing(bench: Bench, header: str) -> None:
    answer = bench.http.get("/api/v1/clusters", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, 401)


def test_a_token_expires(bench: Bench) -> None:
    assert bench.after(3599).http.get("/api/v1/clusters").status_code == 200
    assert bench.after(1).http.get("/api/v1/clusters").status_code == 401


def test_revoked_tokens_open_nothing_and_new_ones_do(bench: Bench) -> None:
    bench.control.revoke_tokens()
    assert bench.http.get("/api/v1/clusters").status_code == 401
    bench.sign_in()
    assert bench.http.get("/api/v1/clusters").status_code == 200


def test_secrets_are_in_neither_settings_nor_writes(bench: Bench) -> None:
    bench.sign_in()
    shown = [bench.control.settings(), bench.control.writes(), bench.control.log(), repr(bench.state.settings)]
    assert "demo-secret" not in json.dumps(shown)
