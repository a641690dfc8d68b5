import pytest
from pydantic import ValidationError

from runai_operator import settings as module
from runai_operator.settings import Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch, tmp_path):
    for name in ("POD_NAMESPACE", *(f"RUNAI_OPERATOR_{field.upper()}" for field in Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "SERVICE_ACCOUNT_NAMESPACE", tmp_path / "namespace")


NAMESPACES = [
    ("by default", {}, None, "runai-operator"),
    ("from the service account", {}, "from-file\n", "from-file"),
    ("from the pod", {"POD_NAMESPACE": "from-pod"}, "from-file", "from-pod"),
    ("as set", {"POD_NAMESPACE": "from-pod", "RUNAI_OPERATOR_NAMESPACE": "set"}, "from-file", "set"),
    ("an empty variable is none", {"POD_NAMESPACE": "", "RUNAI_OPERATOR_NAMESPACE": ""}, None, "runai-operator"),
]


@pytest.mark.parametrize(
    ("environment", "file", "namespace"), [case[1:] for case in NAMESPACES], ids=[case[0] for case in NAMESPACES]
)
def test_own_namespace(monkeypatch, tmp_path, environment, file, namespace):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if file:
        (tmp_path / "namespace").write_text(file)
    assert Settings().namespace == namespace


READ = [
    ("WORKERS", "4", "workers", 4),
    ("WATCH_NAMESPACES", "team-a, team-b,", "watch_namespaces", ("team-a", "team-b")),
    ("WATCH_NAMESPACES", "", "watch_namespaces", ()),
    ("LOG_LEVEL", "DEBUG", "log_level", "debug"),
    ("LOG_FORMAT", "json", "log_format", "json"),
    ("CLUSTER_ID", "gpu-east", "cluster_id", "gpu-east"),
    ("PROBE_PORT", "0", "probe_port", 0),
]


@pytest.mark.parametrize(("variable", "text", "field", "value"), READ)
def test_a_field_is_read_from_the_environment(monkeypatch, variable, text, field, value):
    monkeypatch.setenv(f"RUNAI_OPERATOR_{variable}", text)
    assert getattr(Settings(), field) == value


def test_what_is_given_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("RUNAI_OPERATOR_WORKERS", "4")
    assert Settings(workers=8).workers == 8


def test_the_settle_window_is_the_request_timeout_and_two_minutes():
    assert Settings().settle_window == 130
    assert Settings(request_timeout=8, settle_margin=5).settle_window == 13


def test_what_a_leader_may_still_write_is_over_before_the_next_one_leads():
    settings = Settings()
    assert settings.request_timeout < settings.lease_duration - settings.renew_deadline
    assert settings.write_seconds == settings.lease_duration - settings.renew_deadline


def test_a_failover_takes_less_than_twenty_seconds():
    """Of one that dies: the others saw its last renewal up to a retry period later, and wait from then on."""
    assert Settings().lease_duration + Settings().retry_period < 20


UNSAFE = [
    ({"request_timeout": 11}, "lower request_timeout, or raise lease_duration"),
    ({"renew_deadline": 17}, "lower request_timeout, or raise lease_duration"),
    ({"lease_duration": 16}, "lower request_timeout, or raise lease_duration"),
    ({"retry_period": 4}, "make it at least twice retry_period"),
]


@pytest.mark.parametrize(("settings", "mend"), UNSAFE, ids=str)
def test_times_with_which_two_could_write_are_refused_and_the_mend_is_told(settings, mend):
    with pytest.raises(ValidationError, match=mend):
        Settings(**settings)
    assert Settings(**settings, leader_elect=False).write_seconds is None


WRONG = [
    {"workers": 0},
    {"request_timeout": 0},
    {"settle_margin": -1},
    {"probe_port": 70000},
    {"log_format": "xml"},
    {"log_level": "loud"},
    {"cluster_id": ""},
    {"lease_name": "Not_A_Name"},
    {"lease_duration": 0},
    {"renew_deadline": 0},
    {"retry_period": 0},
    {"wokers": 3},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_value_out_of_bounds_is_refused_by_name(wrong):
    (field,) = wrong
    with pytest.raises(ValidationError, match=field):
        Settings(**wrong)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_field_has_a_description_that_help_can_show(name):
    assert (Settings.model_fields[name].description or "").endswith(".")
