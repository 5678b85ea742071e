from tests.serving.fixtures import (  # noqa: F401
    body,
    exported_network,
    network,
    prior,
    server,
)
