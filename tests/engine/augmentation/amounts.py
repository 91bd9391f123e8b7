"""Every kind of augmentation at once, for tests that compare seeds, threads and backends."""

from __future__ import annotations

from engine.augmentation.images import ImageAugmentation
from engine.augmentation.strokes import StrokeAugmentation

EVERY_IMAGE_AMOUNT = ImageAugmentation(
    rotation=0.2, size=0.1, aspect=0.1, shear=0.2, shift=1, elastic=1.5, width=0.5, blur=0.5, contrast=0.3
)
EVERY_STROKE_AMOUNT = StrokeAugmentation(
    rotation=0.2, shear=0.5, aspect=0.3, elastic=0.08, unbalance=0.2, tremor=0.01, move=0.05, resize=0.1,
    ends=0.3, smooth=0.3, thin=0.3, join=0.5, hook=0.5, squeeze=0.5, pen_low=1.7, pen_high=3.2,
)  # fmt: skip
