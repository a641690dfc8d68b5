"""Every operation of the contract that the simulator answers, in the order in which paths are matched."""

from runai_simulator import around, lists, workloads_v1, workloads_v2
from runai_simulator.calls import Operation

V1 = "/api/v1/workloads"
ONE_V1 = f"{V1}/{{workloadId}}"
V2 = "/api/v2/workloads"
ONE_V2 = f"{V2}/{{WorkloadV2Id}}"

OPERATIONS: tuple[Operation, ...] = (
    Operation("grant_token_v2", "POST", "/api/v2/token", around.token_v2, secured=False, form=True),
    Operation("grant_token", "POST", "/api/v1/token", around.token_v1, secured=False),
    Operation("create_workload_v2", "POST", V2, workloads_v2.create),
    Operation("get_workload_v2_by_id", "GET", ONE_V2, workloads_v2.get),
    Operation("update_workload_v2", "PUT", ONE_V2, workloads_v2.update),
    Operation("delete_workload_v2", "DELETE", ONE_V2, workloads_v2.delete),
    Operation("get_workloads", "GET", V1, lists.list_workloads),
    Operation("count_workloads", "GET", f"{V1}/count", lists.count_workloads),
    Operation("get_workloads_telemetry", "GET", f"{V1}/telemetry", workloads_v1.telemetry),
    Operation("batch_workloads", "POST", f"{V1}/batch", workloads_v1.batch),
    Operation("get_workload", "GET", ONE_V1, workloads_v1.get),
    Operation("get_workload_metrics", "GET", f"{ONE_V1}/metrics", workloads_v1.metrics),
    Operation("get_workload_endpoints", "GET", f"{ONE_V1}/endpoints", workloads_v1.endpoints),
    Operation("get_workload_elements", "GET", f"{ONE_V1}/elements", workloads_v1.elements),
    Operation("count_workload_elements", "GET", f"{ONE_V1}/elements/count", workloads_v1.count_elements),
    Operation("get_workload_events", "GET", f"{ONE_V1}/events", workloads_v1.events),
    Operation("get_workload_history", "GET", f"{ONE_V1}/history", workloads_v1.history),
    Operation("get_workload_pods", "GET", f"{ONE_V1}/pods", workloads_v1.pods),
    Operation("get_projects", "GET", "/api/v1/org-unit/projects", around.projects),
    Operation("get_project", "GET", "/api/v1/org-unit/projects/{projectId}", around.project),
    Operation("get_clusters", "GET", "/api/v1/clusters", around.clusters),
    Operation("get_cluster_by_uuid", "GET", "/api/v1/clusters/{clusterUuid}", around.cluster),
    Operation("get_nodepools", "GET", "/api/v1/node-pools", around.node_pools),
    Operation("get_workload_priorities", "GET", "/api/v1/workload-priorities", around.priorities),
    Operation("list_categories", "GET", "/api/v1/workload-categories", around.categories),
    Operation("get_category_by_id", "GET", "/api/v1/workload-categories/{categoryId}", around.category),
    Operation("list_workload_types", "GET", "/api/v1/workload-types", around.types),
    Operation("get_workload_type", "GET", "/api/v1/workload-types/{workloadTypeId}", around.workload_type),
    Operation("update_workload_type", "PUT", "/api/v1/workload-types/{workloadTypeId}", around.update_type),
)
