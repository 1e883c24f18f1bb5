"""A sequence with frames in two parts of a split."""

import numpy as np
import pytest
from PIL import Image

from istdbench.datasets.doctor import check
from istdbench.datasets.torn_sequences import torn
from istdbench.errors import DataError
from istdbench.jobs.job import make_job
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec


@pytest.fixture
def footage(tmp_path):
    """Three sequences of three frames; b stands in train and in test."""
    for kind in ("images", "masks"):
        for sequence in "abc":
            (tmp_path / kind / sequence).mkdir(parents=True)
            for number in range(1, 4):
                levels = np.zeros((40, 40), np.uint8)
                levels[10:12, 10:12] = 255
                Image.fromarray(levels).save(tmp_path / kind / f"{sequence}/{number}.png")
    (tmp_path / "train.txt").write_text("a/1\na/2\na/3\nb/1\nb/2\n")
    (tmp_path / "test.txt").write_text("b/3\nc/1\nc/2\nc/3\n")
    return tmp_path


@pytest.mark.filterwarnings("ignore:.*are left out")
def test_it_is_refused_by_the_protocol_of_sequences_and_by_no_other(footage):
    tophat, data = parse_spec("tophat"), parse_spec(f"folder:{footage},frames=2")
    with pytest.raises(DataError, match=r"b of split 'official' stand both in train and in test, .*whole folders"):
        _ = make_job(tophat, data, "sequences").test_names
    assert len(make_job(tophat, data, "native").test_names) == 3


@pytest.mark.filterwarnings("ignore:.*are left out")
def test_trainval_shares_its_sequences_with_what_it_consists_of(footage):
    (footage / "train.txt").write_text("a/1\na/2\n")
    (footage / "val.txt").write_text("b/1\nb/2\n")
    (footage / "trainval.txt").write_text("a/1\na/2\nb/1\nb/2\n")
    (footage / "test.txt").write_text("c/1\nc/2\n")
    data = build_dataset(parse_spec(f"folder:{footage},frames=2"))
    assert list(torn(data, "official")) == []


def test_single_images_of_one_folder_are_no_sequence(footage):
    assert list(torn(build_dataset(parse_spec(f"folder:{footage}")), "official")) == []


@pytest.mark.filterwarnings("ignore:.*are left out")
def test_the_doctor_names_them(footage):
    found = check(build_dataset(parse_spec(f"folder:{footage},frames=2")))
    assert "sequences of official that stand both in train and in test: 1 (b)" in found.warnings
