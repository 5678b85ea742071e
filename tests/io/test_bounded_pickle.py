import io
import pickle
import struct

import pytest

from hps_tf.io import bounded_pickle
from tests import mutations

MIB = 1 << 20


@pytest.mark.parametrize("protocol", range(6))
def test_reads_what_python_wrote(protocol):
    value = {"a": [1, 2.5, "x", b"y", bytearray(b"z" * 70_000)], "b": None}
    content = pickle.dumps(value, protocol)
    assert bounded_pickle.Unpickler(io.BytesIO(content)).load() == value


@pytest.mark.parametrize(
    "content",
    [
        pickle.PROTO + b"\4" + pickle.NONE + pickle.LONG_BINPUT + b"\xff\xff\xff\x0f.",
        pickle.PROTO + b"\5" + pickle.BYTEARRAY8 + struct.pack("<Q", 1 << 30) + b"abc",
        pickle.PROTO + b"\4" + pickle.BINBYTES8 + struct.pack("<Q", 1 << 30) + b"abc",
        pickle.PROTO + b"\4" + pickle.FRAME + struct.pack("<Q", 1 << 30) + b"abc",
    ],
    ids=["memo", "bytearray", "bytes", "frame"],
)
def test_a_few_bytes_claim_no_memory(content):
    def read():
        return bounded_pickle.Unpickler(io.BytesIO(content)).load()

    mutations.read_or_refused(read, Exception, MIB)
