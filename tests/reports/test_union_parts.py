"""The tables of each data set of a union hold what that data set's images alone give."""

import math

import pandas as pd
import pytest
from results.sample_records import make_record

from istdbench.metrics.counts import FIELDS, ImageCounts, to_table
from istdbench.metrics.declared import REFERENCE
from istdbench.reports.leaderboard import leaderboard, tables


def counts(true, false, missed, detected):
    return ImageCounts(
        100, true, false, missed, targets=1, detected=detected, regions=1, false_regions=1 - detected,
        false_pixels=0 if detected else false,
    )  # fmt: skip


GOOD = {"a/x": counts(4, 1, 0, 1), "a/y": counts(3, 2, 5, 1), "b/x": counts(0, 7, 9, 0)}
POOR = {"a/x": counts(1, 1, 3, 1), "a/y": counts(0, 2, 8, 0), "b/x": counts(9, 0, 0, 1)}
IMAGES = {"tophat": GOOD, "mpcm": POOR}


def table_of(record):
    images = IMAGES[record.method.name]
    return pd.DataFrame(to_table(images.values()), columns=list(FIELDS)).assign(name=list(images))


def record(method, name="a+b"):
    values = {metric.name: metric.compute(list(IMAGES[method].values())) for metric in REFERENCE}
    return make_record(method, values, kind="classical", name=name, images=3)


@pytest.fixture
def found():
    return tables([record("tophat"), record("mpcm")], REFERENCE, table_of)


def test_a_union_has_a_table_of_all_images_and_one_of_each_data_set(found):
    assert [table.title.partition(",")[0] for table in found] == ["a+b", "a of a+b", "b of a+b"]
    assert [table.facts["images"] for table in found] == [3, 2, 1]


def test_the_values_of_a_part_are_those_of_its_images_and_order_its_rows(found):
    for table, part, order in ((found[1], "a/", ["tophat", "mpcm"]), (found[2], "b/", ["mpcm", "tophat"])):
        columns = {column.key: column.cells for column in table.columns}
        assert [cell.value for cell in columns["method"]] == order
        for metric in REFERENCE:
            expected = [
                metric.compute([image for name, image in IMAGES[method].items() if name.startswith(part)])
                for method in order
            ]
            assert [cell.value for cell in columns[metric.name]] == pytest.approx(expected, nan_ok=True)
    assert not math.isnan(expected[0])


def test_a_part_links_the_records_of_the_whole(found):
    whole, *parts = ({link for cell in table.columns[-1].cells for link in cell.links.values()} for table in found)
    assert len(whole) == 2 and parts == [whole, whole]


def test_a_page_of_a_union_holds_its_parts_and_others_stay_as_they_are():
    [page] = leaderboard([record("tophat")], REFERENCE, table_of).values()
    assert page.count("\n## ") == 3
    assert "## a of a+b, protocol native" in page
    [page] = leaderboard([record("tophat", name="nuaa")], REFERENCE, table_of).values()
    assert page.count("\n## ") == 1
