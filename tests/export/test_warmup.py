import numpy as np

from export import warmup


def test_requests_come_in_the_usual_batch_sizes_and_take_little_room(tmp_path):
    requests = {
        "predict": {
            "images": np.random.default_rng(0).uniform(size=(3, 64, 64, 3)).astype(np.float32),
            "intrinsics": np.tile(np.eye(3, dtype=np.float32), (3, 1, 1)),
        },
        "refine": {"images": np.zeros((3, 8, 8, 3), np.uint8)},
        "prior_sample": {"n": np.int32(4), "seed": np.int32(0)},
        "predict_jpeg": {"jpeg": np.array([b"one", b"two"])},
    }
    warmup.write(tmp_path, "network", requests, slow={"refine"})
    found = list(warmup.read(tmp_path))
    # A request's inputs have no order: protobuf's maps come as they're hashed.
    sizes = [(signature, np.shape(inputs[min(inputs)])) for signature, inputs in found]
    assert sizes == [
        *(("predict", (size, 64, 64, 3)) for size in (1, 8, 32)),
        *(("refine", (size, 8, 8, 3)) for size in (1, 8)),
        ("prior_sample", ()),
        *(("predict_jpeg", (size,)) for size in (1, 8, 32)),
    ]
    assert found[0][1]["images"].dtype == np.float32
    assert set(found[-1][1]["jpeg"]) == {b"one"}
    assert (tmp_path / "assets.extra" / "tf_serving_warmup_requests").stat().st_size < 10_000
