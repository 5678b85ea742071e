"""What every pose prior must satisfy."""

import keras
import numpy as np
import tensorflow as tf

from hps_tf.priors import load


def run_prior_test(prior, x, tmp_path, fits: bool = True, example=None) -> None:
    """Checks a prior's construction, answers, samples, files and training.

    Args:
      prior: It, its weights moved away from where they start.
      x: `(4, D)` vectors of its space.
      tmp_path: For files.
      fits: Whether `fit` trains it.
      example: What the prior itself is called with, if not `x`.
    """
    run_method_test(prior, x)
    for method, inputs in _methods(prior, x).items():
        if method in ("energy", "decode"):
            _check_symbolic(prior, method, inputs)
    if prior.has_samples:
        _check_samples(prior)
    _check_files(prior, x, tmp_path, example)
    if fits:
        _check_fit(prior, x)


def run_method_test(prior, x) -> None:
    """Checks a prior's construction and the answers of its methods, with their derivatives.

    Args:
      prior: It, its weights moved away from where they start.
      x: `(4, D)` vectors of its space.
    """
    _check_config(prior)
    for method, inputs in _methods(prior, x).items():
        _check_batches(getattr(prior, method), inputs)
        if method in ("energy", "decode"):
            _check_compiled(getattr(prior, method), inputs)
    if prior.has_density:
        np.testing.assert_allclose(prior.energy(x), -prior.log_prob(x).numpy(), rtol=1e-6)
        np.testing.assert_allclose(prior.distribution().log_prob(x), prior.log_prob(x), rtol=1e-4)
    _check_gradients(prior, x)


def _methods(prior, x) -> dict[str, tf.Tensor]:
    methods = {"energy": x}
    if prior.has_density:
        methods["log_prob"] = x
    if prior.latent_dim:
        latent = tf.random.stateless_normal((len(x), prior.latent_dim), (5, 6))
        methods |= {"encode": x, "decode": latent}
    return methods


def _check_config(prior) -> None:
    config = prior.get_config()
    twin = type(prior).from_config(config)
    assert twin.get_config() == config
    assert (twin.space, twin.sigma, twin.options) == (prior.space, prior.sigma, prior.options)
    assert twin.named_weights().keys() == prior.named_weights().keys()
    assert keras.models.clone_model(prior).get_config() == config


def _check_batches(method, inputs) -> None:
    wanted = method(inputs).numpy()
    assert wanted.dtype == np.float32
    folded = method(tf.reshape(inputs, (2, 2, -1)))
    np.testing.assert_allclose(folded, wanted.reshape(2, 2, *wanted.shape[1:]), atol=1e-4)
    np.testing.assert_allclose(method(inputs[0]), wanted[0], rtol=1e-4, atol=1e-4)
    assert method(inputs[:0]).shape == (0, *wanted.shape[1:])
    for double in (inputs.numpy().astype(np.float64), tf.cast(inputs, tf.float64)):
        np.testing.assert_allclose(method(double), wanted, rtol=1e-5, atol=1e-5)


def _check_compiled(method, inputs) -> None:
    wanted = method(inputs)
    compiled = tf.function(method, jit_compile=True)
    np.testing.assert_allclose(compiled(inputs), wanted, rtol=1e-3, atol=1e-4)
    vectorised = tf.vectorized_map(lambda row: method(row[tf.newaxis])[0], inputs)
    np.testing.assert_allclose(vectorised, wanted, rtol=1e-4, atol=1e-4)


def _check_symbolic(prior, method, inputs) -> None:
    placeholder = keras.Input((inputs.shape[-1],))
    outputs = getattr(prior, method)(placeholder)
    model = keras.Model(placeholder, outputs)
    wanted = getattr(prior, method)(inputs)
    assert outputs.shape == (None, *wanted.shape[1:])
    np.testing.assert_allclose(model(inputs), wanted, rtol=1e-4, atol=1e-4)
    assert len(model.trainable_weights) == len(prior.trainable_weights)


def _check_gradients(prior, x) -> None:
    """Eager, in a graph and in a stateless scope alike; finite for every weight."""

    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(prior.energy(x))
        return tape.gradient(total, [x, *prior.trainable_weights])

    pairs = zip(gradients(), tf.function(gradients)(), strict=True)
    for eager, graph in pairs:
        assert eager is not None
        assert np.isfinite(eager).all()
        scale = np.abs(graph).max() + 1e-6
        np.testing.assert_allclose(eager / scale, graph / scale, atol=1e-3)
    before = prior.energy(x).numpy()
    moved = [(weight, weight.value + 0.01) for weight in prior.trainable_weights]
    with keras.StatelessScope(state_mapping=moved):
        scoped = prior.energy(x).numpy()
    assert np.abs(scoped - before).max() > 0
    np.testing.assert_array_equal(prior.energy(x), before)


def _check_samples(prior) -> None:
    dim = prior.space.dim
    shapes = {(): (), 3: (3,), (2, 3): (2, 3), (0,): (0,)}
    for sample_shape, wanted in shapes.items():
        assert prior.sample(sample_shape, seed=0).shape == (*wanted, dim)
    assert prior.sample().shape == (dim,)
    six = prior.sample(6, seed=0).numpy()
    for again in (
        prior.sample([2, 3], seed=0),
        prior.sample(sample_shape=(2, 3), seed=(0, 0)),
        prior.sample(tf.constant([2, 3]), seed=tf.constant(0)),
    ):
        np.testing.assert_array_equal(np.reshape(again, (6, dim)), six)
    assert np.abs(six - prior.sample(6, seed=1)).max() > 0.01
    assert np.abs(six - prior.sample(6)).max() > 0.01
    compiled = tf.function(lambda count: prior.sample(count, seed=0))
    np.testing.assert_allclose(compiled(tf.constant(6)), six, rtol=1e-4, atol=1e-4)


def _check_files(prior, x, tmp_path, example) -> None:
    prior.card = {"seed": 3}
    readers = {
        "prior.npz": load,
        "prior.keras": lambda path: keras.models.load_model(path, compile=False),
        "again.keras": load,
    }
    for name, read in readers.items():
        prior.save(tmp_path / name)
        loaded = read(tmp_path / name)
        assert type(loaded) is type(prior)
        assert loaded.get_config() == prior.get_config()
        assert loaded.card == {"seed": 3}
        assert loaded.references.keys() == prior.references.keys()
        np.testing.assert_array_equal(loaded.energy(x), prior.energy(x))
    assert {path.name for path in tmp_path.iterdir()} == readers.keys()
    called = example if example is not None else x
    wanted = prior(called)
    prior.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(exported.serve(called), wanted, rtol=1e-4, atol=1e-4)


def _check_fit(prior, x) -> None:
    """Training by `fit` lowers the loss, which is a weighted mean."""
    prior.compile(keras.optimizers.Adam(3e-3))
    rows = np.repeat(x.numpy(), 4, axis=0)
    losses = prior.fit(rows, batch_size=8, epochs=6, verbose=0, shuffle=False).history["loss"]
    assert losses[-1] < losses[0]
    assert prior.compute_loss(x, sample_weight=np.zeros(len(x), np.float32)) == 0
