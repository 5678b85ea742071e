"""Fine-tunes the pretrained network on COCO's keypoints, without 3D labels.

    python -m tools.prepare_coco --images train2017 --keypoints person_keypoints_train2017.json \
        --image_size 64 --output data/coco
    python examples/finetune_coco.py --data data/coco --output coco_out

Rendered images of `python -m tools.prepare_synthetic --image_size 64` will do in place of COCO.
Writes a run directory: network.npz, which `hps_tf.models.load` reads, summary.json with the figures
and predictions.png, validation images with the bodies that the network sees in them.
"""
