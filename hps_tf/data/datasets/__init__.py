"""Readers of public datasets: COCO with DensePose, Human3.6M and 3DPW."""
