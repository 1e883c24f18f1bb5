"""The declarations: values from counts by hand, what an empty set gives, and who names them."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from istdbench.errors import UsageError
from istdbench.metrics import METRIC_VERSION, REFERENCE, ImageCounts, Metric, summarise
from istdbench.metrics.alarms import ALARMS
from istdbench.metrics.counts import to_table, total
from istdbench.metrics.declared import niou
from istdbench.registry import METRICS

HEAVY = {"torch", "torchmetrics", "cv2", "skimage", "scipy", "pandas", "matplotlib"}
FIRST = ImageCounts(1000, 6, 2, 4, targets=3, detected=2, regions=4, false_regions=2, false_pixels=2)
SECOND = ImageCounts(3000, 2, 4, 2, targets=1, detected=1, regions=2, false_regions=1, false_pixels=4)


def test_every_value_of_two_images_worked_out_by_hand():
    assert summarise([FIRST, SECOND]) == pytest.approx(
        {
            "IoU": 8 / 20,
            "nIoU": (6 / 12 + 2 / 8) / 2,
            "Pd": 3 / 4,
            "Fa": 6 / 4000,
            "precision": 8 / 14,
            "recall": 8 / 14,
            "F1": 8 / 14,
            "target_precision": 3 / 6,
            "target_F1": 6 / 10,
        }
    )


def test_the_keys_of_records_are_fixed():
    names = [entry.name for entry in REFERENCE]
    assert names == ["IoU", "nIoU", "Pd", "Fa", "precision", "recall", "F1", "target_precision", "target_F1"]
    assert METRIC_VERSION == 1


def test_fa_alone_is_better_when_low_and_is_shown_in_millionths():
    assert [entry.name for entry in REFERENCE if not entry.higher_is_better] == ["Fa"]
    assert {entry.name: (entry.scale, entry.unit) for entry in REFERENCE if entry.scale != 1} == {"Fa": (1e6, "1e-6")}


def test_no_metric_has_a_value_on_no_images():
    assert all(math.isnan(value) for value in summarise([]).values())


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry.name)
def test_a_value_is_the_sum_of_parts_over_the_sum_of_wholes(entry):
    """What intervals and paired tests resample."""
    parts, wholes = entry.terms(to_table([FIRST, SECOND])).sum(axis=0)
    assert parts / wholes == entry.compute([FIRST, SECOND])


def test_the_sum_of_no_images_is_zero():
    assert total([]) == ImageCounts(*[0] * 9)


def test_a_metric_of_a_third_party_is_summarised_with_the_rest():
    """Its formula need not be a ratio."""
    entry = Metric(
        name="misses",
        label="Misses",
        summary="targets missed",
        higher_is_better=False,
        formula=lambda counts: float(sum(image.targets - image.detected for image in counts)),
    )
    values = summarise([FIRST, SECOND], [*REFERENCE, entry])
    assert values["misses"] == 1
    assert values["Pd"] == 3 / 4


def test_an_unknown_policy_for_empty_images_is_refused():
    with pytest.raises(UsageError, match="there are skip, one, zero"):
        niou("ignore")


def test_niou_of_empty_images_alone_is_nan_only_when_they_are_skipped():
    blank = ImageCounts(16, *[0] * 8)
    assert math.isnan(niou("skip")([blank]))
    assert (niou("one")([blank]), niou("zero")([blank])) == (1.0, 0.0)


def test_the_registry_begins_with_the_declared_metrics():
    declared = [*REFERENCE, *ALARMS]
    assert METRICS.all()[: len(declared)] == declared
    assert {METRICS.origin(entry.name) for entry in declared} == {"built-in"}


def test_the_declarations_load_nothing_that_counts_or_plots():
    """`istdbench list metrics` reads them: it must not wait for PyTorch."""
    code = "import sys, istdbench.metrics.declared; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)
