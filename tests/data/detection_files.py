"""Files of detectors in their real formats, with people of invented numbers."""

import io
import json
import pickle
import zipfile

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES

HEIGHT, WIDTH = 480, 640
SIDES = np.array([WIDTH, HEIGHT])
MEDIAPIPE = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]


def people(count=1, seed=0):
    """`(count, 17, 3)` of x, y in pixels, score."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform((150, 60), (450, 440), (count, 17, 2)).round(2)
    return np.concatenate([xy, rng.uniform(0.3, 0.99, (count, 17, 1)).round(3)], axis=-1)


def fractions(person):
    return person[:, :2] / SIDES


def landmarks(person, seed=1):
    """MediaPipe's 33 landmarks."""
    rng = np.random.default_rng(seed)
    rows = rng.uniform(0.2, 0.8, (33, 3))
    rows[MEDIAPIPE, :2], rows[MEDIAPIPE, 2] = fractions(person), person[:, 2]
    return [
        {"x": x, "y": y, "z": -0.1, "visibility": v, "presence": 0.99} for x, y, v in rows.tolist()
    ]


def as_lists(person):
    """MediaPipe's landmarks as programs store them in lists: x, y, z, visibility."""
    return [[each[name] for name in ("x", "y", "z", "visibility")] for each in landmarks(person)]


def movenet(person):
    """`[17][3]` of y, x, score."""
    return np.concatenate([fractions(person)[:, ::-1], person[:, 2:]], axis=1).tolist()


def multipose(person, score=0.7):
    """56 numbers."""
    return [*np.ravel(movenet(person)).tolist(), 0.1, 0.2, 0.9, 0.7, score]


def instance(person):
    """MMPose's, as its inferencer writes it."""
    low, high = person[:, :2].min(axis=0), person[:, :2].max(axis=0)
    return {
        "keypoints": person[:, :2].tolist(),
        "keypoint_scores": person[:, 2].tolist(),
        "bbox": [[*low.tolist(), *high.tolist()]],
        "bbox_score": 0.93,
    }


def named_pose(person):
    """TensorFlow.js' MoveNet."""
    rows = zip(COCO17_NAMES, person.tolist(), strict=True)
    return {
        "keypoints": [{"y": y, "x": x, "score": v, "name": name} for name, (x, y, v) in rows],
        "score": 0.8,
    }


def ultralytics(person, **changes):
    """`Results.to_json()`."""
    x, y, v = person.T.tolist()
    return {
        "name": "person",
        "class": 0,
        "confidence": 0.91,
        "box": {"x1": 140.0, "y1": 50.0, "x2": 460.0, "y2": 450.0},
        "keypoints": {"x": x, "y": y, "visible": v},
    } | changes


def yolo_line(person, *more, has_scores=True):
    """A line of `save_txt`; box, keypoints, then confidence and track."""
    rows = np.concatenate([fractions(person), person[:, 2:]], axis=1)
    numbers = rows if has_scores else rows[:, :2]
    box = (0.46875, 0.5208333, 0.5, 0.8333333)
    return " ".join(f"{number:.8g}" for number in (0, *box, *numbers.ravel(), *more))


def coco_18(person):
    """54 numbers in the order of OpenPose's COCO layout, with a neck between the shoulders."""
    neck = person[5:7].mean(axis=0)
    order = [0, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
    rows = person[order].tolist()
    return np.ravel([rows[0], neck.tolist(), *rows[1:]]).tolist()


def alphapose(person, image="0.jpg", idx=1):
    return {
        "image_id": image,
        "category_id": 1,
        "keypoints": person.ravel().tolist(),
        "score": 2.97,
        "box": [140.0, 50.0, 320.0, 400.0],
        "idx": [float(idx)],
    }


def easy_vitpose(*frames, names=COCO17_NAMES):
    """A file of frames, each people by identifier; keypoints are y, x, score."""
    return {
        "keypoints": [
            {key: person[:, [1, 0, 2]].tolist() for key, person in frame.items()}
            for frame in frames
        ],
        "skeleton": {str(place): name for place, name in enumerate(names)},
    }


def detectron2_instance(person, image_id=785):
    return {
        "image_id": image_id,
        "category_id": 0,
        "bbox": [140.0, 50.0, 320.0, 400.0],
        "score": 0.99,
        "keypoints": person.ravel().tolist(),
    }


def pth(content):
    """An archive as PyTorch writes it, of plain numbers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("instances_predictions/data.pkl", pickle.dumps(content, protocol=2))
        archive.writestr("instances_predictions/version", "3\n")
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def body_25(person, *, is_25b=False):
    """75 numbers of OpenPose, in either layout."""
    neck, hips = person[5:7].mean(axis=0), person[11:13].mean(axis=0)
    feet = [person[15]] * 3 + [person[16]] * 3
    if is_25b:
        return np.ravel([*person, neck, person[3:5].mean(axis=0), *feet]).tolist()
    order = [0, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
    rows = list(person[order])
    rows.insert(1, neck)
    rows.insert(8, hips)
    return np.ravel([*rows, *feet]).tolist()


def standing(seed=0):
    """`(17, 3)` of somebody who stands, arms aside."""
    xy = np.array(
        [
            *((300, 80), (308, 72), (292, 72), (318, 78), (282, 78), (340, 140), (260, 140)),
            *((390, 180), (210, 180), (430, 230), (170, 230), (325, 260), (275, 260)),
            *((330, 340), (270, 340), (332, 420), (268, 420)),
        ],
        np.float64,
    )
    xy += np.random.default_rng(seed).normal(0, 3, xy.shape)
    return np.column_stack([xy.round(2), np.full(17, 0.9)])


_A, _B = people(2)
_META = {"dataset_name": "coco", "keypoint_id2name": dict(enumerate(COCO17_NAMES))}


def small_files() -> dict[str, tuple[str, bytes]]:
    """A small file of each format, by name: its file name and content; people A and B."""
    texts = {
        "mediapipe web": {
            "landmarks": [landmarks(_A)],
            "worldLandmarks": [[{"x": 0.0, "y": 0.0, "z": 0.0, "visibility": 1.0}] * 33],
        },
        "mediapipe python": {"pose_landmarks": [landmarks(_A)], "pose_world_landmarks": []},
        "mediapipe legacy": {"landmark": landmarks(_A)},
        "mediapipe solution": {"poseLandmarks": landmarks(_A), "image": None},
        "mediapipe list": landmarks(_A),
        "mediapipe rows": {"frames": [{"frame": 0, "landmarks": [as_lists(_A)]}]},
        "movenet": [[movenet(_A)]],
        "movenet serving": {"predictions": [[movenet(_A)]]},
        "movenet multipose": [[multipose(_A), multipose(_B, 0.02)]],
        "tfjs": [named_pose(_A)],
        "mmpose inferencer": [instance(_A)],
        "mmpose demo": {"meta_info": _META, "instance_info": [instance(_A)]},
        "mmpose 0.x": [{"bbox": [1.0, 2.0, 300.0, 400.0, 0.9], "keypoints": _A.tolist()}],
        "ultralytics": [ultralytics(_A)],
        "ultralytics normalised": [
            ultralytics(
                np.column_stack([fractions(_A), _A[:, 2]]),
                box={"x1": 0.2, "y1": 0.1, "x2": 0.7, "y2": 0.9},
            )
        ],
        "coco results": [alphapose(_A, "photo.jpg")],
        "alphapose cmu": {
            "photo.jpg": {"version": "AlphaPose v0.3", "bodies": [{"joints": coco_18(_A)}]}
        },
        "alphapose open": {
            "photo.jpg": {
                "version": "AlphaPose v0.3",
                "people": [{"pose_keypoints_2d": coco_18(_A)}],
            }
        },
        "poseflow": {"photo.jpg": [{"keypoints": _A.ravel().tolist(), "scores": 2.9, "idx": 1}]},
        "easy_vitpose": easy_vitpose({"0": _A}),
        "detectron2": [{"image_id": 785, "instances": [detectron2_instance(_A)]}],
        "openpose": {"version": 1.3, "people": [{"pose_keypoints_2d": coco_18(_A)}]},
        "openpose 1.1": {"version": 1.1, "people": [{"pose_keypoints": coco_18(_A)}]},
        "comfyui": [
            {
                "people": [{"pose_keypoints_2d": coco_18(_A)}],
                "canvas_height": HEIGHT,
                "canvas_width": WIDTH,
            }
        ],
    }
    files = {name: ("photo.json", json.dumps(text).encode()) for name, text in texts.items()}
    return files | {
        "yolo": ("photo.txt", yolo_line(_A).encode()),
        "yolo without scores": ("photo.txt", yolo_line(_A, has_scores=False).encode()),
        "movenet npy": ("photo.npy", npy(np.array(movenet(_A), np.float64)[None, None])),
        "movenet npz": ("photo.npz", npz(output_0=np.array(movenet(_A))[None, None])),
        "detectron2 pth": (
            "instances_predictions.pth",
            pth([{"image_id": 785, "instances": [detectron2_instance(_A)]}]),
        ),
    }
