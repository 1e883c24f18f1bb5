"""Detection limits on generated images."""

from __future__ import annotations

import pytest

from istdbench.errors import UsageError
from istdbench.runs.limits import detection_limits
from istdbench.spec import parse_spec


def test_bright_targets_are_detected_and_invisible_ones_are_not_at_the_asked_fa():
    points = list(detection_limits(parse_spec("tophat"), parse_spec("synth:n=8,size=64"), [0.1, 30.0], [1.5], fa=1e-4))
    dim, bright = points
    assert (dim.scr, bright.scr) == (0.1, 30) and dim.targets > 3 and bright.targets > 3
    assert bright.detected == bright.targets and bright.fa < 1e-3
    assert dim.detected < dim.targets / 2


def test_limits_are_of_synth_alone_and_set_its_contrast_and_size_themselves():
    for name in ("nuaa", "synth:scr=3"):
        with pytest.raises(UsageError, match="measured on synth"):
            next(detection_limits(parse_spec("tophat"), parse_spec(name), [1.0], [1.0]))
