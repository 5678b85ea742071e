from tests.serving.fixtures import (  # noqa: F401
    body,
    exported_network,
    exported_photo,
    network,
    photo_network,
    photo_server,
    prior,
    served_photo,
    server,
)
