"""Readers of Human3.6M as it is distributed (Ionescu et al. 2014), and of images extracted from it.

``metadata.xml``; ``S*/MyPoseFeatures/D3_Positions/SEQUENCE.cdf`` in the world or
``D3_Positions_mono/SEQUENCE.CAMERA.cdf`` in a camera, ``D2_Positions/SEQUENCE.CAMERA.cdf``;
``S*/Videos/SEQUENCE.CAMERA.mp4``. Positions are in millimetres, 50 frames per second.
"""
