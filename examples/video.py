"""Follows people through a video, each with one shape and a smooth motion.

    python examples/video.py dance.mp4 --output video_out

Writes walk.glb, an animation per person that Blender and browsers play, overlay.mp4 with the bodies
over the frames, and overlay.png, its middle frame.
"""

import argparse
from pathlib import Path

import hps_tf.reconstruction
from hps_tf.data.images import VideoFile
from hps_tf.visualization import overlay, png, video_file


def reconstruct(path: Path, output: Path) -> hps_tf.reconstruction.VideoReconstruction:
    """Reconstructs a video's people, and draws them over its frames."""
    frames = VideoFile(path)
    reconstructor = hps_tf.reconstruction.VideoReconstructor(hps_tf.reconstruction.load())
    result = reconstructor(frames)
    people = result.people
    print(f"{len(set(people.person.tolist()))} people in {len(result.times)} frames")
    if not len(people):
        return result
    people.save(output / "walk.glb", frame_rate=float(frames.rate))
    with video_file.writing(output / "overlay.mp4", frames.size, frames.rate) as put:
        for number, (frame, time) in enumerate(zip(frames, result.times, strict=False)):
            seen = people.of_image(number)
            picture = frame.pixels
            if len(seen):
                picture = overlay(picture, seen.vertices(), seen.body.faces, seen.intrinsics[0])
            put(picture, time)
            if number == len(result.times) // 2:
                png.write(output / "overlay.png", picture)
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--output", type=Path, default=Path("video_out"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    reconstruct(arguments.video, arguments.output)
