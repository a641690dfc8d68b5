"""`python -m tests.chaos.live`: plays it, tells the story, and last a line of JSON. Exits with 1 for a violation."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.live.faults import all_faults
from tests.chaos.live.play import Plan, Play, planned
from tests.chaos.live.stage import NAMESPACE, Stage
from tests.chaos.live.witness import Witness

TIMES = {"queued": 0.5, "applying": 0.5, "pending": 1.0, "running": 60.0, "deleting": 2.0}
"""Of the simulator, in seconds: what is submitted completes while others still come and go."""
SHORT = {
    "lease_duration": 6,
    "renew_deadline": 3.5,
    "retry_period": 0.5,
    "request_timeout": 2,
    "settle_margin": 2,
}
"""Settings of the operators with which a play is over soon; else they are those that a user gets."""


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.chaos.live", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides what users do, and the order of the faults")
    parser.add_argument("--resources", type=int, default=500, help="how many there are at any time")
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="for how long users are at it, at least: with the API server there"
    )
    parser.add_argument("--rate", type=float, default=4.0, help="how many things users do in a second")
    parser.add_argument("--api-away", type=float, default=300.0, help="for how many seconds the API server is away")
    parser.add_argument("--lasts", type=float, default=25.0, help="how many seconds the other faults last")
    parser.add_argument("--faults", nargs="*", default=[], help="these alone; by default all")
    parser.add_argument("--short", action="store_true", help="operators that wait for less, as in tests")
    parser.add_argument("--folder", type=Path, help="for logs and data; by default one that is removed")
    return parser


def main() -> int:
    given = options().parse_args()
    try:
        faults = planned(random.Random(given.seed), all_faults(given.api_away, given.lasts), given.faults)
    except LookupError as error:
        print(f"there is no fault {error}: choose of {', '.join(all_faults(0, 0))}", file=sys.stderr)
        return 2
    plan = Plan(given.seed, given.resources, given.minutes * 60, given.rate, faults)
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch:
        return play(plan, given.folder or Path(scratch), SHORT if given.short else {})


def play(plan: Plan, folder: Path, settings: dict[str, object]) -> int:
    with (
        Stage(folder, say=tell, settings=settings, times=TIMES) as stage,
        Witness(stage.plane.kubeconfig, NAMESPACE) as witness,
    ):
        tell(f"seed {plan.seed}: {len(plan.faults)} faults, {plan.population} resources; logs are in {folder}")
        outcome = Play(stage, witness, plan, tell).perform()
    print(json.dumps(outcome.summary()), flush=True)
    return 1 if outcome.violations else 0


def tell(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    sys.exit(main())
