"""`helm install --wait` in a namespace that enforces restricted Pod Security, and the examples."""

from tests.demo.expectations import REFUSED, amiss

from ..world import EXAMPLES, OWN, RESTRICTED, SECRET, TEAM, World

RESOURCES = ("10-shortest", "20-job", "30-pytorchjob", "40-raycluster", "50-deployment", "60-refused")


def installed(world: World) -> None:
    checks = world.checks
    world.namespace(OWN, RESTRICTED)
    world.set_secret("demo-secret")
    world.install()
    pods = world.pods()
    checks.equal("two Pods are there", len(pods), 2)
    checks.eventually("one of them leads", lambda: world.leader() in pods)
    checks.eventually("the connection that the values name is ready", world.connected, "True")
    checks.equal("they run as 10001", {_exec(world, pod, "import os; print(os.getuid())") for pod in pods}, {"10001"})
    checks.equal("their root is read-only", {_exec(world, pod, WRITE) for pod in pods}, {"Read-only file system"})
    checks.equal("and they are not restarted", world.restarts(), dict.fromkeys(pods, 0))
    # The first is what tells that the others are asked about the account that there is.
    checks.equal(f"their account may get {SECRET}", world.may("get", "secrets", SECRET))
    checks.equal("no other Secret", world.may("get", "secrets", "of-somebody-else"), False)
    checks.equal("and list none", world.may("list", "secrets"), False)


def examples_applied(world: World) -> None:
    world.namespace(TEAM, {"runai/queue": TEAM})
    files = [part for name in RESOURCES for part in ("-f", str(EXAMPLES / f"{name}.yaml"))]
    applied = world.kubectl("apply", "--server-side", *files, "-o", "name", namespace=TEAM).split()
    expected = frozenset(each.partition("/")[2] for each in applied)
    world.checks.equal("one of them is to be refused", REFUSED in expected)

    def lacking() -> dict[str, str]:
        return amiss(world.kubectl.json("get", "rwl", namespace=TEAM)["items"], expected)

    world.checks.eventually("each of them is where it should be", lacking, {}, within=90)
    world.checks.equal("Run:ai has no other", {*world.living().values()}, expected - {REFUSED})
    mended = '{"spec": {"scheduling": {"priority": "very-high"}}}'
    world.kubectl("patch", "rwl", REFUSED, "--type=merge", "-p", mended, namespace=TEAM)
    world.checks.eventually("the refused one runs once it is mended", lambda: world.ready(REFUSED), "True")


WRITE = "\nimport os\ntry:\n open('/opt/x', 'w')\nexcept OSError as error:\n print(os.strerror(error.errno))"


def _exec(world: World, pod: str, code: str) -> str:
    return world.kubectl("exec", pod, "-c", "operator", "--", "python", "-c", code, namespace=OWN).strip()
