import numpy as np
import pytest

pytest.importorskip("cdflib")

import cdflib
from cdflib.cdfwrite import CDF

from hps_tf.data.datasets.human36m import cdf_structure, positions
from hps_tf.errors import InputError
from tests import mutations
from tests.data import human36m_files

MOST = 1 << 20
JOINTS = human36m_files.all_joints(1000 * human36m_files.Take(3).joints).astype(np.float32)


def write(path, compressed=0, variables=("Pose",), compress=0):
    file = CDF(str(path), cdf_spec={"Majority": "row_major", "Compressed": compressed})
    for name in variables:
        spec = {
            "Variable": name,
            "Data_Type": human36m_files.CDF_FLOAT,
            "Num_Elements": 1,
            "Rec_Vary": True,
            "Dim_Sizes": list(JOINTS.shape),
            "Compress": compress,
        }
        file.write_var(spec, var_data=JOINTS[None])
    file.close()
    return path


def described(path):
    """Where the description of all variables, and that of the first, begin; of version 3."""
    data = path.read_bytes()
    general = 8 + int.from_bytes(data[8:16], "big")
    return bytearray(data), general, int.from_bytes(data[general + 20 : general + 28], "big")


@pytest.mark.parametrize("compress", [0, 6])
@pytest.mark.parametrize("compressed", [0, 6])
@pytest.mark.parametrize("variables", [("Pose",), ("Angles", "Pose", "Other")])
def test_whole_files_pass_and_are_read(compressed, variables, compress, tmp_path):
    path = write(tmp_path / "a.cdf", compressed, variables, compress)
    cdf_structure.check(path.read_bytes(), "Pose", MOST)
    np.testing.assert_array_equal(np.asarray(cdflib.CDF(path).varget("Pose"))[0], JOINTS)


@pytest.mark.parametrize(
    ("owner", "place", "message"),
    [
        ("general", 60, "a record of"),  # The number of variables.
        ("general", 44, "a record of"),  # Of those of another kind.
        ("variable", 24, "2130706433 records of"),  # Of records.
        ("variable", 340, "values of 2130706434 axes"),
        ("variable", 344, r"1 records of \[2130706435, 96\] values, more than 67108864 bytes"),
        ("variable", 20, "values of CDF's type 2130706476"),
        ("variable", 48, "records that are left out"),
    ],
)
def test_a_number_that_claims_too_much_is_refused_at_once(owner, place, message, tmp_path):
    path = write(tmp_path / "a.cdf")
    data, general, variable = described(path)
    data[{"general": general, "variable": variable}[owner] + place] = 0x7F
    path.write_bytes(data)

    def read():
        with pytest.raises(InputError, match=f"a.cdf: expected a CDF file.*{message}"):
            positions.read_3d(path)

    mutations.read_or_refused(read, InputError, 1 << 24)


def test_an_index_that_leads_back_to_itself_is_refused(tmp_path):
    data, _, variable = described(write(tmp_path / "a.cdf"))
    index = int.from_bytes(data[variable + 28 : variable + 36], "big")
    data[index + 12 : index + 20] = index.to_bytes(8, "big")
    with pytest.raises(ValueError, match="values that follow one another in a circle"):
        cdf_structure.check(bytes(data), "Pose", MOST)


@pytest.mark.parametrize(("compressed", "compress"), [(6, 0), (0, 6)])
def test_compressed_values_are_limited_too(compressed, compress, tmp_path):
    data = write(tmp_path / "a.cdf", compressed, compress=compress).read_bytes()
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        cdf_structure.check(data, "Pose", 1000)
