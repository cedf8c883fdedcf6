"""The pipeline that Kubeflow's own SDK makes of the settings in `test_attributes.py`. The SDK reads annotations that are no texts."""

from pathlib import Path

from kfp import compiler, dsl, kubernetes


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def step() -> int:
    return 1


@dsl.pipeline(name="p")
def pipeline():  # type: ignore[no-untyped-def]  # noqa: ANN201 - the SDK would take an annotation for an output
    task = step()
    kubernetes.add_node_selector(task, "a/b", "c")
    kubernetes.add_toleration(task, key="k", operator="Equal", value="v", effect="NoSchedule")
    kubernetes.add_toleration(task, key="k2", operator="Exists")
    kubernetes.set_image_pull_policy(task, "Always")
    kubernetes.set_image_pull_secrets(task, ["reg"])
    kubernetes.add_pod_label(task, "l", "v")
    kubernetes.add_pod_annotation(task, "n", "v")
    kubernetes.mount_pvc(task, "claim", "/data", sub_path="x")
    kubernetes.use_config_map_as_volume(task, "cm", "/etc/cm")
    kubernetes.use_config_map_as_env(task, "cm", {"key": "ENV"})
    kubernetes.empty_dir_mount(task, "scratch", "/s", medium="Memory", size_limit="1Gi")
    kubernetes.use_field_path_as_env(task, "POD", "metadata.name")
    in_a = [{"key": "z", "operator": "In", "values": ["a"]}]
    kubernetes.add_node_affinity(task, match_expressions=in_a, weight=5)
    kubernetes.add_node_affinity(task, match_expressions=in_a)
    kubernetes.set_timeout(task, 60)
    kubernetes.set_security_context(task, run_as_user=1, run_as_group=2, run_as_non_root=True)
    task.set_cpu_limit("2").set_cpu_request("1").set_memory_request("2Gi").set_memory_limit("2Gi")
    task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)


def compiled(target: Path) -> Path:
    compiler.Compiler().compile(pipeline, str(target))
    return target
