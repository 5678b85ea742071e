from pathlib import Path

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from export import warmup

DIRECTORY = Path(__file__).resolve().parents[2] / "export" / "serving"


def test_models_are_where_exports_are_mounted():
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((DIRECTORY / "models.config").read_text(), config)
    for model in config.model_config_list.config:
        assert model.base_path == f"/models/{model.name}"
        assert model.model_platform == "tensorflow"
    assert config.model_config_list.config[0].name == "photo"


def test_batches_have_the_sizes_of_warm_up_requests():
    lines = (DIRECTORY / "batching.config").read_text().splitlines()
    sizes = [int(line.split(":")[1]) for line in lines if line.startswith("allowed_batch_sizes:")]
    assert tuple(sizes) == warmup.BATCH_SIZES
    assert f"max_batch_size {{ value: {sizes[-1]} }}" in lines


def test_pods_are_ready_when_the_model_is_available():
    deployment, service = yaml.safe_load_all((DIRECTORY / "kubernetes.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe"):
        script = container[probe]["exec"]["command"][-1]
        assert "/v1/models/photo" in script
        assert "grep -q AVAILABLE" in script
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == set(ports)


@pytest.mark.parametrize("name", ["models.config", "monitoring.config"])
def test_compose_mounts_what_the_server_reads(name):
    compose = yaml.safe_load((DIRECTORY / "docker-compose.yaml").read_text())
    service = compose["services"]["serving"]
    assert "./export/serving:/etc/serving:ro" in service["volumes"]
    assert any(argument.endswith(f"/etc/serving/{name}") for argument in service["entrypoint"])
    assert (DIRECTORY / name).is_file()
