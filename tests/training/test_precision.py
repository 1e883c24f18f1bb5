"""In which numbers a training computes, and that its weights, and its protocol's hash, say so."""

from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError
from tiny_training import ADVERSARIAL, MANY_HEADS, ManyHeads, tiny_job, tiny_protocol
from torch import nn

from istdbench.jobs.weights import load_weights
from istdbench.methods.outputs import Outputs
from istdbench.protocols.fields import Training
from istdbench.training import precision
from istdbench.training.precision import computed_in, say, widened
from istdbench.training.train import train


def test_a_training_in_bfloat16_gives_other_float32_weights_that_say_so():
    weights, header = load_weights(train(tiny_job(precision="bfloat16")))
    plain, plain_header = load_weights(train(tiny_job()))
    assert {tensor.dtype for tensor in weights.values()} == {tensor.dtype for tensor in plain.values()}
    assert not torch.equal(weights["0.weight"], plain["0.weight"])
    torch.testing.assert_close(weights["0.weight"], plain["0.weight"], atol=0.1, rtol=0)
    assert header.for_record()["precision"] == "bfloat16"
    assert "precision" not in plain_header.for_record()


def test_the_network_alone_computes_in_bfloat16(monkeypatch):
    of_heads, of_losses = set(), set()

    class Watched(ManyHeads):
        def forward(self, image):
            answer = super().forward(image)
            if self.training:
                of_heads.add(answer.masks[0].dtype)
            return answer

    original = nn.functional.binary_cross_entropy_with_logits

    def loss(logits, *arguments, **options):
        of_losses.add((logits.dtype, torch.is_autocast_enabled("cpu")))
        return original(logits, *arguments, **options)

    monkeypatch.setattr(nn.functional, "binary_cross_entropy_with_logits", loss)
    train(tiny_job(method=replace(MANY_HEADS, build=Watched), epochs=1, precision="bfloat16"))
    assert of_heads == {torch.bfloat16}
    assert of_losses == {(torch.float32, False)}


def test_every_head_is_widened():
    half = torch.ones(1, 1, 2, 2, dtype=torch.bfloat16)
    found = widened(Outputs((half, half), edge=half, interior=half))
    assert [head.dtype for head in (*found.masks, found.edge, found.interior)] == [
        torch.float32
    ] * 4 and found.image is None
    assert widened(half).dtype == torch.float32


def test_float32_stands_in_no_hash_and_bfloat16_does():
    plain, said, half = tiny_protocol(), tiny_protocol(precision="float32"), tiny_protocol(precision="bfloat16")
    assert plain.hash == said.hash != half.hash
    assert plain.training_hash == said.training_hash != half.training_hash
    assert "precision" not in said.model_dump()["training"]
    assert half.model_dump()["training"]["precision"] == "bfloat16"
    assert plain.changed({"training.precision": "bfloat16"}).hash == half.hash


def test_an_unknown_precision_and_an_adversarial_one_are_refused():
    with pytest.raises(ValidationError, match="'float32' or 'bfloat16'"):
        Training(precision="float16")
    with pytest.raises(ValidationError, match="adversarial trains in float32; leave out precision=bfloat16"):
        Training(precision="bfloat16", **ADVERSARIAL)


@pytest.mark.parametrize(
    ("capability", "convolutions", "override", "expected"),
    [
        ((8, 0), True, None, "tf32"),
        ((7, 5), True, None, "float32"),
        ((9, 0), False, None, "float32"),
        ((9, 0), True, "0", "float32"),
    ],
)
def test_tf32_is_told_from_float32_and_said_aloud(capability, convolutions, override, expected, monkeypatch, recwarn):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(precision.torch.backends.cudnn, "allow_tf32", convolutions)
    if override:
        monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", override)
    assert computed_in("float32", "cuda") == expected
    assert (computed_in("float32", "cpu"), computed_in("bfloat16", "cuda")) == ("float32", "bfloat16")
    say(expected)
    assert ["TF32" in str(warning.message) for warning in recwarn] == ([True] if expected == "tf32" else [])
