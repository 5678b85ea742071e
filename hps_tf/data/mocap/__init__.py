"""Motion capture: its formats, retargeting to the 24 joints, records and augmentation."""
