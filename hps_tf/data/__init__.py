"""Data: motion capture, keypoints, images and the datasets that bring them."""
