"""An application of 200 workloads; and that nobody does anything any more once all is settled."""

from __future__ import annotations

from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import API, SETTLED, World

APP, COUNT, FILES = "fleet", 200, 4
NAMES = [f"member-{number:03}" for number in range(COUNT)]
SETTLED_WITHIN = 300.0
WATCHED, LOOK_EVERY = 120.0, 1.0


def show(world: World) -> None:
    check, argo = world.checks, world.argo
    world.sync(APP, f"{COUNT} workloads", {part(number): members(number) for number in range(FILES)})
    healthy = f"an application of {COUNT} workloads is Healthy"
    check.eventually(healthy, lambda: argo.standing(APP), SETTLED, within=SETTLED_WITHIN)
    check.equal("each is one workload in Run:ai", living(world), NAMES)
    check.equal("that was submitted once", _submitted(world), NAMES)


def quiet(world: World) -> None:
    """Every beginning of a sync counts, every write to Run:ai, and every version of a resource."""
    check = world.checks
    for name in world.argo.all():
        world.argo.refresh(name)
    check.eventually("all applications are settled", lambda: _unsettled(world), {})
    syncs, writes, puts, versions = _syncs(world), world.writes(), world.puts(), _versions(world)
    check.stays(
        "once all is settled no sync begins, and nothing is written to Run:ai",
        lambda: (_syncs(world), world.writes()),
        (syncs, writes),
        seconds=WATCHED,
        every=LOOK_EVERY,
    )
    check.equal("nor is there a PUT", world.puts(), puts)
    check.equal("nor is any resource written", _versions(world), versions)
    check.equal("and all is settled as before", _unsettled(world), {})


def part(number: int) -> str:
    """The file of git that holds a part of them."""
    return f"part-{number}.yaml"


def members(number: int) -> list[dict[str, object]]:
    return [workload(name) for name in NAMES[number::FILES]]


def living(world: World) -> list[str]:
    """The members that live in Run:ai, a name for each workload."""
    return [name for name in world.live_names() if name.startswith("member-")]


def _submitted(world: World) -> list[str]:
    names = [each["body"]["metadata"]["name"] for each in world.runai.writes("create_workload_v2")]
    return sorted(name for name in names if name.startswith("member-"))


def _unsettled(world: World) -> dict[str, tuple[str, str, str]]:
    standing = {name: world.argo.standing(name) for name in world.argo.all()}
    return {name: each for name, each in standing.items() if each != SETTLED}


def _syncs(world: World) -> dict[str, str]:
    """When the last sync of each application began."""
    return {name: world.argo.began(name) for name in world.argo.all()}


def _versions(world: World) -> dict[str, str]:
    found = world.stage.control_plane.read(f"{API}/runaiworkloads")["items"]
    return {each["metadata"]["uid"]: each["metadata"]["resourceVersion"] for each in found}
