"""3DPW in small, in the official format: pickles of protocol 2 and painted photographs."""

import pickle

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from hps_tf.body import default_body, load_default
from hps_tf.body.skeleton import COCO17_NAMES, PARENTS
from hps_tf.data.images import camera_frame
from hps_tf.rendering import part_labels, rasterize

SIZE = (540, 960)  # Width and height, of a telephone held upright.
INTRINSICS = np.array([[984.0, 0, 270.5], [0, 980.5, 480.5], [0, 0, 1]])
PERSON, GROUND = 255, 20

#: OpenPose's 18 keypoints, by COCO's names.
OPENPOSE18 = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist", "right_hip", "right_knee", "right_ankle"),
    *("left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear"),
)


def camera_poses(count):
    """A camera that moves and turns a little; y is up in the world."""
    matrices = np.tile(np.eye(4), (count, 1, 1))
    for number in range(count):
        turn = Rotation.from_euler("yx", [0.1 * number, 0.05 * number]).as_matrix()
        matrices[number, :3, :3] = np.diag([1.0, -1.0, -1.0]) @ turn
        matrices[number, :3, 3] = 0.1 * number, 1.2, 4.0
    return matrices


class Video:
    """One or two people, as the embedded body or another, and what the file holds of them.

    Attributes:
      fields: The pickle's content.
      poses: `(N, 24, 3)` of each person, in the world; `translations` alike.
    """

    def __init__(self, count=4, num_people=1, bodies=None, num_shape=16, name="courtyard_walk_00"):
        self.name = name
        self.bodies = bodies or [load_default(3000)] * num_people
        self.cameras = camera_poses(count)
        phase = np.linspace(0, 1, count)
        self.poses, self.translations, self.shapes = [], [], []
        for person in range(num_people):
            pose = np.zeros((count, 24, 3), np.float32)
            pose[:, 0, 1] = 0.6 * phase + person
            pose[:, 2, 0] = -0.5 * phase
            pose[:, 5, 0] = 0.7 * phase
            pose[:, 16, 2], pose[:, 17, 2] = -1.2 + 0.3 * phase, 1.1
            pose[:, 19, 1] = 0.6 * phase
            self.poses.append(pose)
            place = np.tile([0.7 * person - 0.2, 0.9, 0.0], (count, 1))
            self.translations.append(place.astype(np.float32))
            self.shapes.append(np.zeros(num_shape, np.float32))
        joints = [
            body.joints(**self.arguments(person)).numpy() for person, body in enumerate(self.bodies)
        ]
        self.fields = {
            "sequence": name,
            "genders": ["m", "f"][:num_people],
            "poses": [pose.reshape(count, 72).astype(np.float64) for pose in self.poses],
            "betas": [np.pad(shape[:10], (0, 290)).astype(np.float64) for shape in self.shapes],
            "trans": [place.astype(np.float64) for place in self.translations],
            "jointPositions": [points.reshape(count, 72).astype(np.float64) for points in joints],
            "poses2d": [self.detected(person) for person in range(num_people)],
            "campose_valid": [np.ones(count, bool) for _ in range(num_people)],
            "cam_poses": self.cameras,
            "cam_intrinsics": INTRINSICS,
            "img_frame_ids": 2 * np.arange(count),
            "texture_maps": [],
        }

    def arguments(self, person):
        return {
            "pose": self.poses[person],
            "shape": self.shapes[person][None],
            "translation": self.translations[person],
        }

    def coco(self, person):
        """COCO keypoints in the camera frame, `(N, 17, 3)`."""
        points = self.bodies[person].keypoints("coco17", **self.arguments(person)).numpy()
        return camera_frame.transform(points.astype(np.float64), self.cameras)

    def detected(self, person):
        """OpenPose's keypoints `(N, 3, 18)`; the left wrist is never found."""
        seen = self.coco(person) @ INTRINSICS.T
        rows = np.zeros((len(self.cameras), 3, 18))
        for column, name in enumerate(OPENPOSE18):
            if name in COCO17_NAMES and name != "left_wrist":
                point = seen[:, COCO17_NAMES.index(name)]
                rows[:, :2, column] = point[:, :2] / point[:, 2:]
                rows[:, 2, column] = 0.8
        return rows

    def photograph(self, frame, people=(0,)):
        """The people in white on a dark ground."""
        grey = np.full(SIZE[::-1], GROUND, np.uint8)
        for person in people:
            body = self.bodies[person]
            vertices = body(**self.arguments(person)).vertices.numpy()[frame : frame + 1]
            points = camera_frame.transform(vertices, self.cameras[frame])[0]
            raster = rasterize(points, body.faces, INTRINSICS, SIZE[::-1])
            grey[part_labels(raster, body.face_parts) > 0] = PERSON
        return Image.fromarray(np.repeat(grey[..., None], 3, axis=2))

    def write(self, root, split="train", protocol=2, people=(0,)):
        path = root / "sequenceFiles" / split / f"{self.name}.pkl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(self.fields, protocol))
        images = root / "imageFiles" / self.name
        images.mkdir(parents=True)
        for frame in range(len(self.cameras)):
            self.photograph(frame, people).save(images / f"image_{frame:05d}.jpg", quality=95)
        return path


def write_smpl(path):
    """Writes the embedded body in SMPL's layout: the T-pose, its pelvis away from the origin."""
    body = load_default(3000)
    data = default_body.read(3000)
    output = body()
    away = np.array([0.0, -0.24, 0.03])
    template = output.vertices[0].numpy() + away
    joints = output.joints[0].numpy() + away
    ones = np.ones((len(template), 1))
    # The smallest regressor with rows that sum to 1 and give the joints.
    regressor = np.insert(joints, 3, 1.0, axis=1) @ np.linalg.pinv(np.append(template, ones, 1))
    np.savez(
        path,
        v_template=template,
        shapedirs=np.zeros((len(template), 3, 10)),
        posedirs=np.zeros((len(template), 3, 207)),
        J_regressor=regressor,
        weights=data.weights,
        kintree_table=np.array([[2**32 - 1, *PARENTS[1:]], range(24)], np.uint32),
        f=data.faces.astype(np.uint32),
    )
