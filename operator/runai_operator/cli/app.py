"""The commands: `run`, `connect`, `simulate`, `version`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from runai_operator import __version__
from runai_operator.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its tables cut the names of environment variables at eighty columns
    help="Keeps Run:ai workloads equal to the RunaiWorkload resources of a Kubernetes cluster.",
)

NO_API_SERVER = "no API server to talk to: {}: set KUBECONFIG to a kubeconfig file that exists"


def _option(field: str, *names: str) -> Any:
    """An option whose text and environment variable are those of the settings."""
    text = Settings.model_fields[field].description
    return typer.Option(*names, envvar=f"RUNAI_OPERATOR_{field.upper()}", help=text, show_default=False)


def _settings(given: Mapping[str, Any]) -> Settings:
    """The settings, as the environment says where an option was not given. Raises BadParameter."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def run(
    namespace: Annotated[str | None, _option("namespace", "--namespace")] = None,
    cluster_id: Annotated[str | None, _option("cluster_id", "--cluster-id")] = None,
    watch_namespaces: Annotated[str | None, _option("watch_namespaces", "--watch-namespaces")] = None,
    workers: Annotated[int | None, _option("workers", "--workers")] = None,
    request_timeout: Annotated[float | None, _option("request_timeout", "--request-timeout")] = None,
    settle_margin: Annotated[float | None, _option("settle_margin", "--settle-margin")] = None,
    probe_host: Annotated[str | None, _option("probe_host", "--probe-host")] = None,
    probe_port: Annotated[int | None, _option("probe_port", "--probe-port")] = None,
    log_format: Annotated[str | None, _option("log_format", "--log-format")] = None,
    log_level: Annotated[str | None, _option("log_level", "--log-level")] = None,
    leader_elect: Annotated[bool | None, _option("leader_elect", "--leader-elect/--no-leader-elect")] = None,
    lease_name: Annotated[str | None, _option("lease_name", "--lease-name")] = None,
    lease_duration: Annotated[int | None, _option("lease_duration", "--lease-duration")] = None,
    renew_deadline: Annotated[float | None, _option("renew_deadline", "--renew-deadline")] = None,
    retry_period: Annotated[float | None, _option("retry_period", "--retry-period")] = None,
    shutdown_seconds: Annotated[float | None, _option("shutdown_seconds", "--shutdown-seconds")] = None,
) -> None:
    """Run the operator until it is stopped.

    It finds its API server as kubectl does: by KUBECONFIG, or ~/.kube/config; in a Pod by the service account. Which
    Run:ai to talk to, and with which credentials, is said by RunaiConnection resources. Of several instances one
    works, and the others stand by.
    """
    from kubernetes.aio.config import ConfigException

    from runai_operator.cli.process import run as run_operator
    from runai_operator.kube.election import LeaseLost

    settings = _settings({name: value for name, value in locals().items() if name in Settings.model_fields})
    try:
        asyncio.run(run_operator(settings))
    except ConfigException as error:
        typer.echo(NO_API_SERVER.format(error), err=True)
        raise typer.Exit(1) from None
    except LeaseLost:  # it is told in the log
        raise typer.Exit(1) from None


@app.command()
def connect(
    file: Annotated[Path, typer.Argument(help="A YAML file with one RunaiConnection.", metavar="FILE")],
) -> None:
    """Make a RunaiConnection be what a file says, and end.

    The chart's Pods begin with it where the values name a connection. It waits up to a minute for the custom
    resources to be installed. A RunaiConnection that somebody else made is not changed: it ends with an error.
    """
    from kubernetes.aio.config import ConfigException

    from runai_operator.cli.connecting import NotConnected, ServedConnections, connect, read_connection, server_side
    from runai_operator.cli.process import api_client

    async def connected() -> str:
        body = read_connection(file)
        async with api_client() as api:
            await connect(body, server_side(ServedConnections(api), typer.echo))
        return str(body["metadata"]["name"])

    try:
        typer.echo(f"the RunaiConnection {asyncio.run(connected())} is as {file} says")
    except ConfigException as error:
        typer.echo(NO_API_SERVER.format(error), err=True)
        raise typer.Exit(1) from None
    except NotConnected as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def simulate(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8088,
    client_id: Annotated[str, typer.Option(help="The client id to accept.")] = "demo",
    client_secret: Annotated[str, typer.Option(help="The client secret to accept.")] = "demo-secret",
) -> None:
    """Run a Run:ai control plane in memory, to try things on; it runs no containers.

    It has the projects team-a and team-b. Faults and times are set while it runs, over HTTP under /control.
    """
    import runai_simulator

    typer.echo(f"A simulated Run:ai control plane on http://{host}:{port} (client id {client_id})")
    runai_simulator.serve(
        host, port, settings=runai_simulator.Settings(client_id=client_id, client_secret=client_secret)
    )


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    app()
