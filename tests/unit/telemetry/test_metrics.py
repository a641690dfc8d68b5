from prometheus_client import CollectorRegistry, generate_latest

from runai_operator.telemetry import Metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"runai_operator_{name}", labels)


def test_the_names_are_the_ones_that_dashboards_use():
    metrics = Metrics(version="1.2.3")
    metrics.reconciles.labels("Created").inc()
    metrics.reconcile_seconds.observe(0.2)
    metrics.runai_requests.labels("/api/v2/workloads", "202").inc()
    metrics.runai_request_seconds.labels("/api/v2/workloads").observe(0.2)
    metrics.kubernetes_writes.labels("status").inc(2)
    metrics.connection_ready.labels("default").set(1)
    metrics.errors.labels("Unavailable").inc()
    assert value(metrics, "reconciles_total", outcome="Created") == 1
    assert value(metrics, "reconcile_seconds_count") == 1
    assert value(metrics, "runai_requests_total", route="/api/v2/workloads", status="202") == 1
    assert value(metrics, "runai_request_seconds_count", route="/api/v2/workloads") == 1
    assert value(metrics, "kubernetes_writes_total", what="status") == 2
    assert value(metrics, "connection_ready", connection="default") == 1
    assert value(metrics, "errors_total", kind="Unavailable") == 1
    assert value(metrics, "build_info", version="1.2.3") == 1


def test_the_queue_is_read_when_the_metrics_are():
    metrics, waiting = Metrics(), ["a"]
    metrics.watch_queue(lambda: len(waiting), lambda: 1.5)
    assert value(metrics, "queue_depth") == 1
    waiting.append("b")
    assert value(metrics, "queue_depth") == 2
    assert value(metrics, "queue_oldest_seconds") == 1.5


def test_a_phase_that_empties_disappears_and_other_connections_stay():
    metrics = Metrics()
    metrics.set_workloads("east", {"Running": 3, "Pending": 1})
    metrics.set_workloads("west", {"Running": 7})
    metrics.set_workloads("east", {"Running": 4})
    assert value(metrics, "workloads", connection="east", phase="Running") == 4
    assert value(metrics, "workloads", connection="east", phase="Pending") is None
    assert value(metrics, "workloads", connection="west", phase="Running") == 7


def test_a_forgotten_connection_leaves_no_series():
    metrics = Metrics()
    metrics.set_workloads("east", {"Running": 3})
    metrics.connection_ready.labels("east").set(1)
    metrics.forget_connection("east")
    metrics.forget_connection("never-seen")
    assert b"east" not in generate_latest(metrics.registry)


def test_two_operators_in_a_process_do_not_add_up():
    first, second = Metrics(), Metrics(CollectorRegistry())
    first.reconciles.labels("Created").inc()
    assert value(second, "reconciles_total", outcome="Created") is None


def test_no_label_could_name_a_workload():
    labels = {label for metric in vars(Metrics()).values() for label in getattr(metric, "_labelnames", ())}
    assert labels == {"outcome", "route", "status", "what", "connection", "phase", "kind"}
