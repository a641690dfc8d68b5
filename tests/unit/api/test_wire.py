import json

import yaml

from runai_operator.api.conditions import Condition
from runai_operator.api.wire import to_wire
from runai_operator.api.workload_status import DriftItem, Endpoint, Gpus, RunaiWorkloadStatus, SyncInfo

READY = Condition(type="Ready", status="True", reason="Running", last_transition_time="2026-11-21T14:00:00Z")


def test_what_is_unset_or_empty_is_left_out():
    assert to_wire(RunaiWorkloadStatus(sync_info=SyncInfo(status="Queued"))) == {"syncInfo": {"status": "Queued"}}


def test_zero_false_and_the_empty_text_are_told():
    told = to_wire(
        RunaiWorkloadStatus(gpus=Gpus(allocated=0), phase_message="", endpoints=(Endpoint(tls_enabled=False),))
    )
    assert told == {"gpus": {"allocated": 0}, "phaseMessage": "", "endpoints": [{"tlsEnabled": False}]}


def test_a_status_read_back_is_the_status_that_was_written():
    status = RunaiWorkloadStatus(
        observed_generation=3, workload_id="w", conditions=(READY,), drift=(DriftItem(path="/manifest/x", desired="1"),)
    )
    assert RunaiWorkloadStatus.model_validate(to_wire(status)) == status


def test_what_does_not_fit_the_crd_is_cut():
    status = RunaiWorkloadStatus(phase_message="x" * 2000, drift=[DriftItem(path="/manifest/x")] * 40)
    assert len(status.phase_message) == 1024
    assert status.phase_message.endswith("…")
    assert len(status.drift) == 32


def test_what_no_yaml_may_hold_is_replaced_so_that_kubectl_can_show_it():
    told = RunaiWorkloadStatus(phase_message="a\x7fb\x80c\x00d\ufffee\ud800f\tg\nh\u00e9\U0001f600").phase_message
    assert told == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\tg\nh\u00e9\U0001f600"
    assert yaml.safe_load(json.dumps({"told": told}, ensure_ascii=False)) == {"told": told}


def test_a_status_that_runai_invents_is_told_as_it_is():
    assert RunaiWorkloadStatus(phase="Hibernating").phase == "Hibernating"
