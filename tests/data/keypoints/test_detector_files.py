"""Every detector's format gives the same person, to the pixel."""

import json

import numpy as np
import pytest
from PIL import Image

from hps_tf.data.keypoints import keypoint_sources, subjects
from hps_tf.errors import InputError
from tests.data import detection_files as files

SIZE = (files.HEIGHT, files.WIDTH)
FILES = files.small_files()
A, B = files.people(2)


def save(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def gather(path, **options):
    return subjects.gather([path], **({"image_size": SIZE} | options))


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_person_to_the_pixel(name, tmp_path):
    file_name, content = FILES[name]
    found = gather(save(tmp_path / file_name, content))
    (subject,) = found.subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2], atol=1e-4)
    has_scores = name != "yolo without scores"
    np.testing.assert_allclose(subject.person.confidence, A[:, 2] if has_scores else 1, atol=1e-6)
    assert found.keypoint_set == "coco17"
    expected = "000000000785.jpg" if "detectron2" in name else "photo.jpg"
    assert subject.person.image.names[0] == expected


@pytest.mark.parametrize("name", ["mediapipe web", "movenet", "yolo", "ultralytics normalised"])
def test_fractions_take_the_photographs_size_or_are_refused_without(name, tmp_path):
    path = save(tmp_path / FILES[name][0], FILES[name][1])
    with pytest.raises(InputError, match=r"expected the size of the image 'photo.jpg', of which"):
        subjects.gather([path])
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", SIZE[::-1]).save(images / "photo.jpg")
    (subject,) = subjects.gather([path], image_dir=images).subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mediapipe", [{"landmarks": [files.landmarks(p)]} for p in (A, B)]),
        ("mediapipe bare", [files.landmarks(A), files.landmarks(B)]),
        ("mediapipe results", {"results": [[files.landmarks(A)], [files.landmarks(B)]]}),
        ("movenet", [files.movenet(A), files.movenet(B)]),
        ("movenet shaped", [[[files.movenet(A)]], [[files.movenet(B)]]]),
        (
            "mmpose",
            [{"frame_id": i, "instances": [files.instance(p)]} for i, p in enumerate((A, B))],
        ),
        ("tfjs", [[files.named_pose(A)], [files.named_pose(B)]]),
        ("ultralytics", [[files.ultralytics(A)], [files.ultralytics(B)]]),
        ("easy_vitpose", files.easy_vitpose({"7": A}, {"7": B})),
        (
            "movenet own",
            [{"frame": i, "keypoints": files.movenet(p)} for i, p in enumerate((A, B))],
        ),
        ("mmpose own", [files.instance(p) | {"frame_id": i} for i, p in enumerate((A, B))]),
    ],
)
def test_a_list_of_frames_is_a_video(name, content, tmp_path):
    found = gather(save(tmp_path / "walk.json", content), is_video=True)
    assert [subject.person.image.frame for subject in found.subjects] == [0, 1]
    assert [subject.person.person_id for subject in found.subjects] == [
        "walk_000000_0",
        "walk_000001_0",
    ]
    for subject, person in zip(found.subjects, (A, B), strict=True):
        np.testing.assert_allclose(subject.person.keypoints, person[:, :2], atol=1e-4)


def test_frames_without_anybody_are_counted(tmp_path):
    content = [{"landmarks": []}, {"landmarks": [files.landmarks(A)]}, {}, {"landmarks": None}]
    found = keypoint_sources.read([save(tmp_path / "walk.json", content)])
    assert found.num_images == 4
    assert [person.image.names[0] for person in found.people] == ["000001"]


def test_numbers_of_frames_are_kept(tmp_path):
    content = [{"frame_id": i, "instances": [files.instance(A)]} for i in (3, 9)]
    found = keypoint_sources.read([save(tmp_path / "walk.json", content)])
    assert [person.image.names[0] for person in found.people] == ["000003", "000009"]


def test_the_name_of_a_video_is_no_image(tmp_path):
    frames = [{"landmarks": [files.landmarks(person)]} for person in (A, B)]
    content = {"path": "walk.mp4", "height": 480, "width": 640, "frames": frames}
    found = gather(save(tmp_path / "walk.json", content), image_size=None, is_video=True)
    assert [s.person.image.names[0] for s in found.subjects] == ["000000", "000001"]
    assert {s.person.image.size for s in found.subjects} == {SIZE}


def test_what_a_file_says_of_an_image_is_taken(tmp_path):
    fields = {"file_name": "a/street.jpg", "height": 480, "width": 640}
    found = gather(
        save(tmp_path / "x.json", [fields | {"landmarks": [files.landmarks(A)]}]), image_size=None
    )
    image = found.subjects[0].person.image
    assert (image.names[0], image.size) == ("a/street.jpg", SIZE)


def test_who_is_who_is_read(tmp_path):
    cases = {
        "vitpose.json": files.easy_vitpose({"4": A}, {"4": B}),
        "mmpose.json": [{"keypoints": A.tolist(), "track_id": 4}],
        "ultralytics.json": [files.ultralytics(A, track_id=4)],
        "poseflow.json": {"a.png": [{"keypoints": A.ravel().tolist(), "idx": 4}]},
        "a.txt": (files.yolo_line(A, 0.93, 4) + "\n").encode(),
        "b.txt": files.yolo_line(A, 4).encode(),
    }
    for name, content in cases.items():
        found = keypoint_sources.read([save(tmp_path / name, content)])
        assert {person.track_id for person in found.people} == {"4"}, name
    assert (
        keypoint_sources.read([save(tmp_path / "c.txt", files.yolo_line(A, 0.93).encode())])
        .people[0]
        .track_id
        is None
    )


def test_boxes_are_read_in_the_same_unit(tmp_path):
    corners = [*A[:, :2].min(axis=0), *np.ptp(A[:, :2], axis=0)]
    (subject,) = gather(save(tmp_path / "a.json", [files.instance(A)])).subjects
    np.testing.assert_allclose(subject.person.box, corners)
    (subject,) = gather(save(tmp_path / "b.json", [files.ultralytics(A)])).subjects
    np.testing.assert_allclose(subject.person.box, [140, 50, 320, 400])
    pifpaf = {"keypoints": A.ravel().tolist(), "bbox": [140, 50, 320, 400], "score": 0.9}
    (subject,) = gather(save(tmp_path / "pifpaf.json", [pifpaf])).subjects
    np.testing.assert_allclose(subject.person.box, [140, 50, 320, 400])
    (subject,) = gather(save(tmp_path / "c.txt", files.yolo_line(A).encode())).subjects
    np.testing.assert_allclose(subject.person.box, [140, 50, 320, 400], atol=1e-3)


@pytest.mark.parametrize("count", [23, 26, 133, 136])
def test_larger_layouts_are_reduced_to_cocos_keypoints(count, tmp_path):
    rows = np.concatenate([A, np.ones((count - 17, 3))])
    (subject,) = gather(save(tmp_path / "a.json", [files.instance(rows)])).subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2])


def test_names_of_keypoints_decide_where_a_file_has_them(tmp_path):
    order = np.random.default_rng(5).permutation(17)
    names = {str(place): files.COCO17_NAMES[row] for place, row in enumerate(order)}
    meta = {"keypoint_id2name": names}
    content = {"meta_info": meta, "instance_info": [files.instance(A[order])]}
    (subject,) = gather(save(tmp_path / "a.json", content)).subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2])
    with_neck = [*files.COCO17_NAMES[:5], "neck", *files.COCO17_NAMES[5:]]
    rows = np.insert(A, 5, 1.0, axis=0)
    (subject,) = gather(
        save(tmp_path / "b.json", files.easy_vitpose({"0": rows}, names=with_neck))
    ).subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2])
    meta = {"keypoint_id2name": {str(k): f"paw{k}" for k in range(17)}}
    content = {"meta_info": meta, "instance_info": [files.instance(A)]}
    with pytest.raises(InputError, match="expected a keypoint named 'nose', received none"):
        gather(save(tmp_path / "c.json", content))


@pytest.mark.parametrize("is_25b", [False, True])
def test_body_25b_is_told_from_body_25(is_25b, tmp_path):
    person = files.standing()
    entry = {"pose_keypoints_2d": files.body_25(person, is_25b=is_25b)}
    path = save(tmp_path / "a_keypoints.json", {"version": 1.3, "people": [entry]})
    (subject,) = gather(path).subjects
    np.testing.assert_allclose(subject.person.keypoints, person[:, :2])


def test_the_layout_of_25_keypoints_may_be_given(tmp_path):
    for is_25b in (False, True):
        entry = {"pose_keypoints_2d": files.body_25(A, is_25b=is_25b)}  # No human shape.
        path = save(tmp_path / f"{is_25b}.json", {"version": 1.3, "people": [entry]})
        layout = "body_25b" if is_25b else "body_25"
        (subject,) = gather(path, keypoint_set=layout).subjects
        np.testing.assert_allclose(subject.person.keypoints, A[:, :2])


def test_body_135_begins_with_cocos_keypoints(tmp_path):
    rows = np.concatenate([A, np.ones((118, 3))])
    content = {"people": [{"pose_keypoints_2d": rows.ravel().tolist()}]}
    (subject,) = gather(save(tmp_path / "a.json", content)).subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2])


def test_openpose_with_fractions_is_scaled(tmp_path):
    rows = np.column_stack([files.fractions(A), A[:, 2]])
    content = {"people": [{"pose_keypoints_2d": files.coco_18(rows)}]}
    (subject,) = gather(save(tmp_path / "a_keypoints.json", content)).subjects
    np.testing.assert_allclose(subject.person.keypoints, A[:, :2], atol=1e-6)


def test_a_directory_of_labels_is_read_by_name(tmp_path):
    for frame, person in ((9, A), (10, B)):
        save(tmp_path / "labels" / f"v_{frame}.txt", files.yolo_line(person, 0.9, 3).encode())
    save(tmp_path / "labels" / "v_11.txt", b"")
    found = keypoint_sources.read([tmp_path / "labels"])
    assert [person.image.names[0] for person in found.people] == ["v_9.jpg", "v_10.jpg"]
    assert found.num_images == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([files.instance(A), files.instance(A) | {"keypoints": [[1, 2], [3]]}], "expected x, y"),
        (
            [files.instance(A), files.instance(A) | {"keypoints": [[1.0, 2.0, 3.0]] * 17}],
            "as of poses in 3D",
        ),
        ([files.instance(A), files.instance(A[:14])], "136 keypoints, received 14"),
        ([files.ultralytics(A), files.ultralytics(A, **{"class": 16})], "expected a person, 0"),
        ([files.alphapose(A), 3], "expected an object, received 3"),
        ([files.alphapose(A), files.alphapose(A) | {"keypoints": ["x"] * 51}], "expected a number"),
        ([files.alphapose(A), files.alphapose(A) | {"image_id": None}], "a whole number or a text"),
        (
            {"landmarks": [files.landmarks(A), files.landmarks(A)[:20]]},
            "136 keypoints, received 20",
        ),
    ],
)
def test_a_damaged_person_is_left_out_with_the_reason(content, reason, tmp_path):
    found = gather(save(tmp_path / "a.json", content))
    assert len(found.subjects) == 1
    (skipped,) = found.skipped
    assert reason in skipped.reason


def test_damaged_lines_of_labels_are_left_out(tmp_path):
    lines = [
        files.yolo_line(A),
        "0 0.5 0.5 0.1 0.1",
        "2" + files.yolo_line(A)[1:],
        "0 x",
        "0 1 2 3 4 5 6 7 8",
    ]
    found = keypoint_sources.read([save(tmp_path / "a.txt", "\n".join(lines).encode())])
    assert [person.person_id for person in found.people] == ["a_0"]
    assert [skipped.person_id for skipped in found.skipped] == ["a_1", "a_2", "a_3", "a_4"]


def test_keypoints_at_0_0_were_not_found(tmp_path):
    person = A.copy()
    person[3, :2] = 0
    for name, content in {
        "a.json": [files.ultralytics(person)],
        "b.txt": files.yolo_line(person, has_scores=False).encode(),
    }.items():
        (subject,) = gather(save(tmp_path / name, content)).subjects
        assert not subject.person.is_seen[3], name
        assert subject.person.is_seen.sum() == 16, name


def test_world_landmarks_are_refused(tmp_path):
    rows = files.landmarks(A)
    rows[24] = rows[23] | {"x": -rows[23]["x"], "y": -rows[23]["y"]}
    with pytest.raises(InputError, match="received world landmarks in metres"):
        gather(save(tmp_path / "a.json", rows))


def test_a_pickle_that_asks_for_anything_is_refused(tmp_path):
    with pytest.raises(InputError, match="received: a pickle that asks for"):
        gather(save(tmp_path / "a.pth", files.pth([json.loads])))


def test_only_one_format_may_be_asked_for(tmp_path):
    path = save(tmp_path / "photo.json", FILES["movenet"][1])
    with pytest.raises(InputError, match="expected OpenPose's people, received MoveNet's arrays"):
        gather(path, only="openpose")


def test_images_of_one_stem_in_two_directories_stay_apart(tmp_path):
    content = {f"{d}/1.jpg": [{"keypoints": A.ravel().tolist()}] for d in "ab"}
    found = keypoint_sources.read([save(tmp_path / "x.json", content)])
    assert [person.person_id for person in found.people] == ["1_0", "b/1.jpg_0"]


def test_unsure_keypoints_far_outside_are_dropped_and_the_person_kept(tmp_path):
    rows = files.landmarks(A)
    for foot in (27, 28):
        rows[foot] |= {"y": 3.4, "visibility": 0.02}
    (subject,) = gather(save(tmp_path / "a.json", {"landmarks": [rows]})).subjects
    assert subject.person.is_seen.tolist() == [True] * 15 + [False] * 2
    rows[27]["visibility"] = 0.9
    with pytest.raises(InputError, match="a visible keypoint lies 1152 pixels outside the image"):
        gather(save(tmp_path / "b.json", {"landmarks": [rows]}))


def test_landmarks_without_visibility_count_in_full(tmp_path):
    rows = [{name: each[name] for name in "xyz"} for each in files.landmarks(A)]
    (subject,) = gather(save(tmp_path / "a.json", [rows])).subjects
    assert (subject.person.confidence == 1).all()


def test_alphapose_may_repeat_who_it_is(tmp_path):
    result = files.alphapose(A) | {"idx": [[2.0], [2.0]]}
    (subject,) = gather(save(tmp_path / "a.json", [result])).subjects
    assert subject.person.track_id == "2"


def test_people_by_identifier_with_frames_by_number_are_tracks(tmp_path):
    flat = {"scores": None, "keypoints": A.ravel().tolist()}
    content = {"3": {"0": flat, "2": flat}, "8": {"2": flat}}
    found = keypoint_sources.read([save(tmp_path / "a.json", content)])
    seen = {(person.track_id, person.image.names[0]) for person in found.people}
    assert seen == {("3", "000000"), ("3", "000002"), ("8", "000002")}


def test_ultralytics_predictions_name_images_without_suffix(tmp_path):
    result = files.alphapose(A) | {"image_id": "frame_12"}
    (person,) = keypoint_sources.read([save(tmp_path / "predictions.json", [result])]).people
    assert person.image.names[:2] == ("frame_12", "frame_12.jpg")
    named = result | {"file_name": "frame_12.png"}
    (person,) = keypoint_sources.read([save(tmp_path / "named.json", [named])]).people
    assert person.image.names == ("frame_12.png",)


def test_marks_and_names_of_classes_do_not_disturb_labels(tmp_path):
    save(tmp_path / "labels" / "a.txt", b"\xef\xbb\xbf" + files.yolo_line(A).encode())
    save(tmp_path / "labels" / "classes.txt", b"person\n")
    assert len(keypoint_sources.read([tmp_path / "labels"]).people) == 1


def test_a_json_text_per_line_is_a_list(tmp_path):
    lines = [json.dumps({"frame": i, "landmarks": [files.landmarks(A)]}) for i in (4, 5)]
    path = save(tmp_path / "walk.jsonl", "\n".join(lines).encode())
    assert [p.image.names[0] for p in keypoint_sources.read([path]).people] == ["000004", "000005"]
    with pytest.raises(InputError, match=r"walk\.jsonl, line 2: expected JSON"):
        keypoint_sources.read([save(path, "\n".join([lines[0], "{"]).encode())])


def test_images_of_which_a_detector_wrote_an_empty_list_are_left_out(tmp_path):
    save(tmp_path / "frames" / "v_1.json", [files.instance(A)])
    save(tmp_path / "frames" / "v_2.json", [])
    save(tmp_path / "frames" / "v_3.json", [files.instance(B)])
    found = gather(tmp_path / "frames", is_video=True)
    assert [s.person.image.names[0] for s in found.subjects] == ["v_1.jpg", "v_3.jpg"]


def test_what_is_not_a_number_is_not_seen(tmp_path):
    broken = files.instance(A)
    broken["keypoint_scores"][4] = float("nan")
    broken["keypoints"][6] = [None, None]
    (subject,) = gather(save(tmp_path / "a.json", [broken])).subjects
    assert np.flatnonzero(~subject.person.is_seen).tolist() == [4, 6]


@pytest.mark.parametrize(
    ("before", "after"), [("[", "]"), ('{"frames": [', "]}"), ('[{"image_id": 1, "idx": ', "}]")]
)
def test_deep_nesting_is_refused(before, after, tmp_path):
    text = 900 * before + ("[]" if before == "[" else "1") + 900 * after
    with pytest.raises(InputError, match="expected"):
        gather(save(tmp_path / "a.json", text.encode()))
