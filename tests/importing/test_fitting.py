"""Released weights in our networks: the same logits as the public definitions give, or a refusal that says why."""

from __future__ import annotations

import pytest
import torch
from released_state import FOLDER, STEP, filled, image, read, sequence
from torch import nn

from istdbench.errors import WeightsError
from istdbench.importing.fitting import fit
from istdbench.methods.method import Learned, Option
from istdbench.methods.parts.renaming import Renaming
from istdbench.registry import METHODS
from istdbench.spec import parse_spec

FILES = sorted(FOLDER.glob("*.txt"))


def method_of(text: str) -> tuple[Learned, dict]:
    spec = parse_spec(text)
    method = METHODS.get(spec.name)
    return method, method.resolve(spec.options)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@torch.no_grad()
def test_our_network_with_released_weights_gives_the_logits_of_the_public_definition(path):
    released = read(path)
    method, options = method_of(released.method)
    found = fit(method, options, filled(released.shapes))
    assert found.wrong == 0
    network = method.build(**options)
    network.load_state_dict(found.state)
    if not released.logits:  # MXNet's code did not run: names and shapes alone
        return
    side = released.side
    seen = image(method.in_channels, side) if method.frames == 1 else sequence(method.frames, side)
    logits = network.eval().double()(seen).flatten()[::STEP]
    expected = torch.tensor(released.logits, dtype=torch.float64)
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@pytest.fixture(scope="module")
def dnanet():
    return filled(read(FOLDER / "dnanet.txt").shapes)


def test_every_network_that_is_ported_has_a_table():
    learned = [method for method in METHODS.all() if isinstance(method, Learned) and method.from_released is not None]
    assert {read(path).method.partition(":")[0] for path in FILES} == {method.name for method in learned}


@pytest.mark.parametrize("prefix", ["module.", "module.model.", "net."])
def test_a_prefix_that_all_names_have_does_not_matter(dnanet, prefix):
    method, options = method_of("dnanet")
    found = fit(method, options, {prefix + name: tensor for name, tensor in dnanet.items()})
    assert torch.equal(found.state["fusion.0.body.0.weight"], dnanet["conv0_4_final.0.conv1.weight"])


def test_our_own_names_are_known(dnanet):
    method, options = method_of("dnanet")
    own = fit(method, options, dnanet).state
    again = fit(method, options, own).state
    assert all(torch.equal(again[name], own[name]) for name in own)


def test_heads_that_only_training_looks_at_may_be_missing_and_are_named():
    method, options = method_of("dnanet")
    found = fit(method, options, filled(read(FOLDER / "dnanet_one_head.txt").shapes))
    assert set(found.untold) == {f"side_heads.{i}.{part}" for i in range(3) for part in ("weight", "bias")}


def test_what_is_counted_may_be_missing_or_left_over(dnanet):
    method, options = method_of("dnanet")
    given = {name: tensor for name, tensor in dnanet.items() if not name.endswith("num_batches_tracked")}
    found = fit(method, options, given | {"final1.total_ops": torch.zeros(1)})
    assert found.unread == ("side_heads.0.total_ops",)
    assert len(found.untold) == len(dnanet) - len(given)


def test_what_is_missing_left_over_and_misshapen_is_listed_by_its_name_in_the_file(dnanet):
    method, options = method_of("dnanet")
    given = {name: tensor for name, tensor in dnanet.items() if not name.startswith("conv0_4_final.0.conv1")}
    given |= {"conv9_9.weight": torch.zeros(3), "final4.bias": torch.zeros(2)}
    with pytest.raises(WeightsError) as caught:
        fit(method, options, given)
    text = str(caught.value)
    assert "2 missing (fusion.0.body.0.weight, fusion.0.body.0.bias)" in text
    assert "1 left over (conv9_9.weight)" in text
    assert "1 of another shape or kind (head.bias: (2,) in the place of (1,))" in text
    assert "No choice of its options (backbone=r18|r10|r34) fits" in text


def test_options_that_fit_are_named(dnanet):
    method, _ = method_of("dnanet")
    with pytest.raises(WeightsError, match=r"do not fit dnanet:backbone=r10.*They fit dnanet: give that as --method"):
        fit(method, method.resolve({"backbone": "r10"}), dnanet)


def test_a_form_that_fits_by_chance_is_not_advised():
    method, options = method_of("mim_istd")
    with pytest.raises(WeightsError, match=r"They fit mim_istd:token_layout=released,variant=head: give that"):
        fit(method, options, filled(read(FOLDER / "mim_istd_head.txt").shapes))


def test_a_form_that_takes_the_tensors_and_computes_something_else_is_refused():
    method, options = method_of("mim_istd")
    with pytest.raises(WeightsError, match="released network, which is mim_istd:token_layout=released"):
        fit(method, options, filled(read(FOLDER / "mim_istd_paper.txt").shapes))


def test_an_average_of_weights_is_taken(dnanet):
    method, options = method_of("dnanet")
    averaged = {"n_averaged": torch.tensor(5)} | {f"module.{name}": tensor for name, tensor in dnanet.items()}
    found = fit(method, options, averaged)
    assert (found.wrong, found.unread) == (0, ("n_averaged",))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensor: tensor.to(torch.int8), "int8 in the place of float32"),
        (lambda tensor: tensor.to(torch.complex64), "complex64 in the place of float32"),
        (torch.Tensor.to_sparse, "sparse float32 in the place of float32"),
    ],
)
def test_numbers_that_are_no_weights_as_they_stand_are_refused(dnanet, change, said):
    method, options = method_of("dnanet")
    name = "conv0_4_final.0.conv1.weight"
    with pytest.raises(WeightsError, match=rf"1 of another shape or kind \(fusion.0.body.0.weight: {said}\)"):
        fit(method, options, dnanet | {name: change(dnanet[name])})


@torch.no_grad()
def test_a_gray_network_sees_the_first_of_equal_channels():
    found = fit(*method_of("dnanet"), filled(read(FOLDER / "dnanet_gray.txt").shapes))
    assert found.widened == ("backbone.0.0.body.0.weight", "backbone.0.0.shortcut.0.weight")
    assert not found.state["backbone.0.0.body.0.weight"][:, 1:].any()


def plain(width: int = 2) -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 1, 1))


def test_a_network_of_a_plugin_needs_no_table():
    method = Learned(name="plain", summary="", paper="", build=plain, options={"width": Option(2, "", choices=(2, 4))})
    state = plain(4).state_dict()
    assert fit(method, {"width": 4}, state).wrong == 0
    with pytest.raises(WeightsError, match="They fit plain:width=4"):
        fit(method, {"width": 2}, state)


def test_a_renaming_leaves_out_what_is_never_read():
    renaming = Renaming(rules=((r"^a\.", "b."),), unread=r"^c\.")
    assert renaming({"a.x": torch.ones(1), "c.x": torch.ones(1)}).keys() == {"b.x"}
