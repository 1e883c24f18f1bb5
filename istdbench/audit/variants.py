"""The named variants: what each repository's released code makes of a score map.

Each is the reference with some of its seven choices replaced. Scores are probabilities here, so that a rule on logits,
`logit > 0`, reads `score > 0.5`. What keeps a denominator from being 0 (`np.spacing(1)`, or 0.001 added to a count of
pixels) is left out; it moves no printed digit.
"""

from __future__ import annotations

from dataclasses import replace

from istdbench.audit import false_alarms, grids, matching, sets
from istdbench.audit.roc import Roc, of_overlapped_targets, of_pixels
from istdbench.audit.variant import Threshold, Variant

REFERENCE = Variant(
    name="reference",
    source="istdbench/metrics/counting.py",
    shows=("IoU", "nIoU", "Pd", "Fa", "F1"),
    grid=grids.NATIVE,
    normalise=grids.AS_IT_IS,
    threshold=Threshold("score > 0.5", 0.5),
    matching=matching.NEARER_THAN_THREE,
    false_alarms=false_alarms.UNMATCHED,
    empty=sets.SKIPPED,
    aggregation=sets.ONCE,
)

BASICIRSTD = replace(
    REFERENCE, name="basicirstd", source="XinyiYing/BasicIRSTD metrics.py at 95650c3", shows=("IoU", "Pd", "Fa")
)

DNANET = replace(
    REFERENCE,
    name="dnanet",
    source="YeRen123455/Infrared-Small-Target-Detection model/metric.py at 21584be",
    note="The first of its 11 Pd-Fa thresholds, logit > 0. The other ten, 25.5 to 255, are put on logits too.",
    shows=("IoU", "Pd", "Fa"),
    grid=grids.stretched(256),
    false_alarms=false_alarms.OF_NO_MATCHED_AREA,
)

MSHNET = replace(
    DNANET,
    name="mshnet",
    source="ying-fu/MSHNet utils/metric.py at 46cdfd4",
    note="The second evaluation of a training; in the n-th Pd is divided by n. A single one equals dnanet.",
    aggregation=sets.targets_kept(2),
)

RPCANET = replace(
    REFERENCE,
    name="rpcanet",
    source="fengyiwu98/RPCANet evaluation/pd_fa.py, TPFNFP.py and roc_cruve.py at 25da080",
    shows=("IoU", "Pd", "Fa", "F1", "AUC"),
    grid=grids.stretched(256, grids.upper_left, ", the mask by the upper left pixel"),
    normalise=grids.BY_MAXIMUM,
    false_alarms=false_alarms.OF_NO_MATCHED_AREA,
    roc=Roc(of_overlapped_targets),
)

RPCANET_OVERLAP = replace(
    RPCANET,
    name="rpcanet_overlap",
    source="fengyiwu98/RPCANet evaluation/my_pd_fa.py at 25da080",
    note="The Pd and Fa that its script prints.",
    shows=("Pd", "Fa"),
    matching=matching.ANY_OVERLAP,
    false_alarms=false_alarms.OFF_TARGET,
    empty=sets.LEFT_OUT,
    roc=None,
)

RDIAN = replace(
    REFERENCE,
    name="rdian",
    source="sun11999/RDIAN model/metrics.py at e1df518",
    shows=("IoU", "nIoU", "Pd", "Fa"),
    note="Pd and Fa are those of its curve (ROCMetric), at 0.5.",
    grid=grids.stretched(512),
    matching=matching.TWO_BY_TWO,
    false_alarms=false_alarms.OFF_TARGET,
    empty=sets.ZERO,
)

UIUNET = replace(
    REFERENCE,
    name="uiunet",
    source="danfenghong/IEEE_TIP_UIU-Net model/metrics.py and test.py at 625023a",
    shows=("IoU", "nIoU"),
    note="Its nIoU takes sigmoid(score) > 0.55 of scores that are probabilities already: score > 0.2007.",
    grid=grids.stretched(320, grids.nearest_of_skimage),
    normalise=grids.MIN_MAX,
    threshold=Threshold("score > 0.22 (nIoU: 0.2007)", 0.22, niou=0.2006706954621511),
    empty=sets.ZERO,
)

ACM = replace(
    REFERENCE,
    name="acm",
    source="YimianDai/open-acm metric/sigmoid.py and samplewise.py at 95e0aec",
    shows=("IoU", "nIoU"),
    grid=grids.stretched(512),
    empty=sets.ZERO,
)

AGPCNET = replace(
    REFERENCE,
    name="agpcnet",
    source="Tianfang-Zhang/AGPCNet utils/metrics.py and evaluation.py at 5671b81",
    shows=("IoU", "F1", "AUC"),
    grid=grids.stretched(256),
    roc=Roc(of_pixels, added=0.001),
)

PYIRSTDMETRICS = replace(
    REFERENCE,
    name="pyirstdmetrics",
    source="lartpang/PyIRSTDMetrics py_irstd_metrics/targetwise_metrics.py (OPDCMatching) at 7a828d6",
    shows=("IoU", "nIoU", "Pd", "Fa", "F1"),
    matching=matching.OPDC,
    empty=sets.ONE_MISSED,
)

PYIRSTDMETRICS_SHOOTING = replace(
    REFERENCE,
    name="pyirstdmetrics_shooting",
    source="lartpang/PyIRSTDMetrics py_irstd_metrics/targetwise_metrics.py (shooting rule) at 7a828d6",
    shows=("Pd", "Fa"),
    matching=matching.WITHIN_ONE_PIXEL,
    false_alarms=false_alarms.FAR_FROM_TARGETS,
)

VARIANTS = (
    REFERENCE,
    BASICIRSTD,
    DNANET,
    MSHNET,
    RPCANET,
    RPCANET_OVERLAP,
    RDIAN,
    UIUNET,
    ACM,
    AGPCNET,
    PYIRSTDMETRICS,
    PYIRSTDMETRICS_SHOOTING,
)
