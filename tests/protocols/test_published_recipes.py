"""Protocol `published`: a recipe a method, one table for all."""

import pytest

from istdbench.built_in import register_methods
from istdbench.jobs.job import make_job
from istdbench.protocols.protocol import load_protocol
from istdbench.runs.to_record import protocol_info
from istdbench.spec import parse_spec

LEARNED = [method for method in register_methods() if method.kind == "learned"]
DATASET = parse_spec("synth:n=4")


@pytest.mark.parametrize("method", LEARNED, ids=lambda method: method.name)
def test_every_recipe_is_one_of_fields_that_exist(method):
    own = load_protocol("published", "nuaa").for_method(method.name, method.recipe)
    for field, value in method.recipe.items():
        assert getattr(own.training, field) is not None or value is None


def test_it_scores_as_the_paper_s_protocol_and_on_512_x_512_too():
    published, paper = load_protocol("published", "nuaa"), load_protocol("mim2024", "nuaa")
    assert (published.data, published.input, published.checkpoint) == (paper.data, paper.input, "last")
    assert (published.data.train, published.input.resize, published.scoring.second_grid) == ("trainval", 512, 512)
    assert load_protocol("published", "irstd1k").data.train == "train"


def test_a_record_holds_the_recipe_of_its_method_and_shares_the_table_of_others():
    records = [protocol_info(make_job(parse_spec(name), DATASET, "published")) for name in ("mdvsfa", "mim_istd")]
    assert records[0].config["training"]["adversarial"]["deception"] == 10
    assert records[1].config["training"]["optimizer"]["type"] == "Adagrad"
    assert records[0].hash == records[1].hash


def test_weights_of_another_recipe_are_other_weights():
    jobs = [make_job(parse_spec("mdvsfa"), DATASET, name) for name in ("published", "mim2024")]
    assert jobs[0].training_key != jobs[1].training_key
