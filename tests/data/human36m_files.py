"""Human3.6M in small, in the official formats, of the embedded body: what is in it is known."""

import xml.etree.ElementTree as ElementTree

import numpy as np
from cdflib.cdfwrite import CDF
from PIL import Image
from scipy.spatial.transform import Rotation

from hps_tf.body import load_default
from hps_tf.data.datasets.human36m.positions import JOINTS
from hps_tf.data.images import camera_frame
from hps_tf.data.images.lens import Lens
from hps_tf.rendering import part_labels, rasterize

CAMERAS = ("54138969", "55011271", "58860488", "60457274")
SUBJECTS = tuple(f"S{number}" for number in range(1, 12))
ACTIONS = ("Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing")
SIZE = (1000, 1002)  # Width and height.
LENS = Lens(
    np.array([1145.05, 1143.78]),
    np.array([512.54, 515.45]),
    np.array([-0.2071, 0.2478, -0.0031]),
    np.array([-0.0014, -0.00098]),
)
CDF_FLOAT, CDF_DOUBLE = 44, 45
PERSON, GROUND = 255, 20

#: Hands and feet: 17 joints, which end at wrists and ankles, do not tell how those are turned.
UNTOLD = (2, 3, 4, 5)


def extrinsics(camera):
    """A camera 5 m away, at 1.5 m, that looks at the middle of the room; z is up in the world."""
    angle = np.pi / 4 + camera * np.pi / 2
    place = np.array([5.0 * np.cos(angle), 5.0 * np.sin(angle), 1.5])
    forward = np.array([0.0, 0.0, 0.9]) - place
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = [right, np.cross(forward, right), forward]
    matrix[:3, 3] = -matrix[:3, :3] @ place
    return matrix


def metadata_xml(**changes):
    """The file's text, with the layout of the official one."""
    numbers = []
    for camera in range(4):
        matrix = extrinsics(camera)
        angles = Rotation.from_matrix(matrix[:3, :3]).as_euler("XYZ")
        place = -matrix[:3, :3].T @ matrix[:3, 3]
        numbers += [*angles, *(1000 * place)] * 11
    numbers += [*LENS.focal_length, *LENS.principal_point, *LENS.radial, *LENS.tangential] * 4
    numbers = changes.get("numbers", numbers)
    root = ElementTree.Element("metadata")
    mapping = ElementTree.SubElement(root, "mapping")
    rows = [("", "", *SUBJECTS)]
    rows += [("1", "0", *["_ALL"] * 11)]
    rows += [("2", "1", *["Directions 1"] * 11), ("2", "2", *["Directions"] * 11)]
    for row in rows:
        line = ElementTree.SubElement(mapping, "tr")
        for text in row:
            ElementTree.SubElement(line, "td").text = text
    names = ElementTree.SubElement(root, "actionnames")
    for action in ("_ALL", *ACTIONS):
        ElementTree.SubElement(names, "name").text = action
    index = ElementTree.SubElement(ElementTree.SubElement(root, "dbcameras"), "index2id")
    for camera in CAMERAS:
        ElementTree.SubElement(index, "id").text = camera
    ElementTree.SubElement(root, "w0").text = "[" + " ".join(map(repr, map(float, numbers))) + "]"
    return ElementTree.tostring(root, encoding="unicode")


def write_cdf(path, values, variable="Pose", data_type=CDF_FLOAT):
    """Writes an array (frames, numbers) as the distribution does: one compressed record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    file = CDF(str(path), cdf_spec={"Majority": "row_major", "Compressed": 6})
    spec = {
        "Variable": variable,
        "Data_Type": data_type,
        "Num_Elements": 1,
        "Rec_Vary": True,
        "Dim_Sizes": list(values.shape),
    }
    dtype = np.float32 if data_type == CDF_FLOAT else np.float64
    file.write_var(spec, var_data=np.asarray(values, dtype)[None])
    file.close()


def all_joints(joints):
    """The 17 joints (N, 17, C) among all 32, as rows; the others repeat the pelvis."""
    rows = np.repeat(joints[:, :1], 32, axis=1)
    rows[:, list(JOINTS)] = joints
    return rows.reshape(len(joints), -1)


class Take:
    """Somebody who turns and bends while the arms swing, in the middle of the room.

    Attributes:
      pose: `(N, 24, 3)`, in a world with z up.
      shape: `(16,)`.
      translation: `(N, 3)`.
      joints: `(N, 17, 3)` metres in the world.
    """

    def __init__(self, num_frames, seed=0, offset=(0.0, 0.0, 0.0)):
        rng = np.random.default_rng(seed)
        self.body = load_default(3000)
        phase = np.linspace(0, 1, num_frames)
        self.pose = np.zeros((num_frames, 24, 3), np.float32)
        up = Rotation.from_euler("x", 90, degrees=True)
        turn = Rotation.from_rotvec(np.outer(2 * phase + rng.uniform(0, 6), [0, 0, 1]))
        self.pose[:, 0] = (turn * up).as_rotvec()
        self.pose[:, 1, 0] = -0.6 * phase  # Left hip.
        self.pose[:, 4, 0] = 0.9 * phase  # Left knee.
        self.pose[:, 16, 2] = -1.1 + 0.4 * phase  # Left shoulder.
        self.pose[:, 17, 2] = 1.1 - 0.2 * phase
        self.pose[:, 18, 1] = -0.8 * phase  # Left elbow.
        self.shape = np.zeros(16, np.float32)
        # Stature alone: joints tell little of girth.
        self.shape[0] = rng.uniform(-1, 1)
        self.translation = np.stack([0.5 * phase - 0.2, 0.2 * phase, 0.9 + 0 * phase], axis=1)
        self.translation = (self.translation + offset).astype(np.float32)
        self.arguments = {
            "pose": self.pose,
            "shape": self.shape[None],
            "translation": self.translation,
        }
        self.joints = self.body.keypoints("h36m17", **self.arguments).numpy().astype(np.float64)

    def parts(self, frame, camera):
        """What a camera with the lens sees, `(H, W)` labels."""
        vertices = self.body(**self.arguments).vertices.numpy()[frame]
        points = camera_frame.transform(vertices[None].astype(np.float64), extrinsics(camera))[0]
        seen = np.insert(LENS.project(points), 2, 1.0, axis=1) * points[:, 2:]
        raster = rasterize(seen, self.body.faces, np.eye(3), SIZE[::-1])
        return part_labels(raster, self.body.face_parts)

    def photograph(self, frame, camera):
        """The person in white on a dark ground; hands and feet are left dark, see `UNTOLD`."""
        is_ground = np.isin(self.parts(frame, camera), (0, *UNTOLD))
        grey = np.where(is_ground, GROUND, PERSON).astype(np.uint8)
        return Image.fromarray(np.repeat(grey[..., None], 3, axis=2))


def write_joints(root, subject, name, take, mono=False):
    """Writes the positions of a take, 3D in the world or in each camera, and 2D."""
    features = root / subject / "MyPoseFeatures"
    if not mono:
        write_cdf(features / "D3_Positions" / f"{name}.cdf", all_joints(1000 * take.joints))
    for number, camera in enumerate(CAMERAS):
        points = camera_frame.transform(take.joints, extrinsics(number))
        file = f"{name}.{camera}.cdf"
        if mono:
            write_cdf(features / "D3_Positions_mono" / file, all_joints(1000 * points))
        write_cdf(features / "D2_Positions" / file, all_joints(LENS.project(points)))


def write_images(directory, subject, name, take, frames, cameras=range(4)):
    """Writes photographs as people extract them, counted from 1."""
    key = f"{subject}_{name.replace(' ', '_')}"
    for camera in cameras:
        for frame in frames:
            path = directory / f"{key}.{CAMERAS[camera]}_{frame + 1:06d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            take.photograph(frame, camera).save(path, quality=95)


def write_video(path, pictures):
    """Writes (H, W, 3) pictures as a video of 50 frames per second."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=50)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 20_000_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
