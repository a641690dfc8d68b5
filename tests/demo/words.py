"""What is said after the table: why one was refused, and how to go on by hand."""

import shutil
from pathlib import Path
from typing import Any

from tests.demo.expectations import REFUSED
from tests.demo.table import condition


def refusal(resources: list[dict[str, Any]]) -> str:
    """The refused one's condition, in words."""
    resource = next((each for each in resources if each["metadata"]["name"] == REFUSED), None)
    if resource is None:
        return f"{REFUSED} is not there."
    ready, stalled = condition(resource, "Ready"), condition(resource, "Stalled")
    rest = "Stalled: nothing will happen until its spec changes." if stalled.get("status") == "True" else ""
    return (
        f"{REFUSED} was refused, and that is meant: Run:ai took nothing, and the condition Ready={ready.get('status')} "
        f"({ready.get('reason')}) says what Run:ai said:\n  {ready.get('message')}\n{rest}".rstrip()
    )


def going_on(kubeconfig: Path, kubectl: Path, *, stays: bool) -> str:
    """What to type in another terminal, while it `stays`."""
    program = "kubectl" if shutil.which("kubectl") else str(kubectl)
    priority = '{"spec":{"scheduling":{"priority":"very-high"}}}'
    return "\n".join(
        (
            "Go on in another terminal:" if stays else "At a terminal all this stays until Ctrl-C; go on there with:",
            f"  export KUBECONFIG={kubeconfig}",
            f"  {program} get rwl -n team-a -o wide",
            f"  {program} describe rwl {REFUSED} -n team-a",
            f"  {program} patch rwl {REFUSED} -n team-a --type=merge -p '{priority}'",
            f"  {program} explain rwl.spec.scheduling",
            f"  {program} delete rwl hello-gpu -n team-a",
        )
    )
