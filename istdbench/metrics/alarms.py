"""False alarms on backgrounds: images without a target, which are what a camera sees nearly all of the time.

Fa and target precision mix two things: what a method takes for a target beside one, and what it does where there is
none. The metrics here are of the second alone, and undefined on a data set whose every image has a target, as
NUAA-SIRST's has: they are optional, see `Metric`. A false region is one that detects no target by the rule of
`istdbench.metrics.regions.match_regions`, so that on a background every predicted region is one.

Every image counts as one frame that is judged alone: nothing is tracked, and no alarm is confirmed by the next frame.
"""

from __future__ import annotations

from typing import Any

from istdbench.errors import UsageError
from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.declared import FRACTION
from istdbench.metrics.metric import Metric, Ratio

FRAME_RATE = 25.0
"""Frames a second at which records count alarms an hour."""

SECONDS_AN_HOUR = 3600

ANY = (0.0, float("inf"))
"""The bounds of a number that has no greatest value."""


def is_background(image: ImageCounts) -> Any:
    """Whether an image has no target: a bool, or (n,) bool for the columns of a table."""
    return image.targets == 0


FALSE_REGIONS = Metric(
    name="false_regions",
    label="False regions",
    summary="predicted regions on images without a target over such images",
    higher_is_better=False,
    bounds=ANY,
    formula=Ratio(lambda image: image.false_regions * is_background(image), is_background),
    unit="per background",
    optional=True,
    extents=False,
    of_targets=False,
)
"""False regions an image. NaN without backgrounds."""

ALARMED = Metric(
    name="alarmed_backgrounds",
    label="Alarmed backgrounds",
    summary="images without a target that have a predicted region over images without a target",
    higher_is_better=False,
    bounds=FRACTION,
    formula=Ratio(lambda image: (image.false_regions > 0) & is_background(image), is_background),
    interval="wilson",
    optional=True,
    extents=False,
    of_targets=False,
)
"""Share of target-free images with an alarm, however many regions it consists of. NaN without backgrounds."""


def alarms_per_hour(frame_rate: float = FRAME_RATE) -> Metric:
    """False regions that a camera would show in an hour of such backgrounds: `FALSE_REGIONS` times the frames an hour.

    Each false region of each frame counts, as an operator or a tracker has to dismiss each; how many frames an hour
    have any is `ALARMED` times 3600 times the rate. The rate stands in name and label, so that it goes where the number
    goes; another rate is another metric, of the same counts.

    Args:
        frame_rate: frames a second.

    Raises:
        UsageError: the rate is no number greater than 0.

    >>> quiet = ImageCounts(64, 0, 0, 0, targets=0, detected=0, regions=0, false_regions=0, false_pixels=0)
    >>> noisy = ImageCounts(64, 0, 5, 0, targets=0, detected=0, regions=3, false_regions=3, false_pixels=5)
    >>> alarms_per_hour(10).name, alarms_per_hour(10).compute([quiet, noisy])
    ('alarms_per_hour_at_10_Hz', 54000.0)
    """
    frames = SECONDS_AN_HOUR * frame_rate
    if not 0 < frames < float("inf"):
        raise UsageError(f"frame rate {frame_rate:g}: name the frames a second, such as 25")
    return Metric(
        name=f"alarms_per_hour_at_{frame_rate:g}_Hz",
        label=f"Alarms per hour at {frame_rate:g} Hz",
        summary=f"predicted regions on images without a target over such images, times 3600 times {frame_rate:g}",
        higher_is_better=False,
        bounds=ANY,
        formula=Ratio(lambda image: frames * image.false_regions * is_background(image), is_background),
        scale=1e-3,
        unit="1e3",
        optional=True,
        extents=False,
        of_targets=False,
    )


ALARMS_PER_HOUR = alarms_per_hour()

ALARMS = (FALSE_REGIONS, ALARMED, ALARMS_PER_HOUR)
"""All of them, in the order of the tables."""
