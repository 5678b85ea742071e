from tests.serving.fixtures import body, exported_prior, prior  # noqa: F401
