"""What the network saw is said in full, or it is an error."""

from __future__ import annotations

import pytest

from istdbench.errors import UsageError
from istdbench.importing.network_input import parse_input


def test_one_number_or_one_a_channel():
    seen = parse_input("resize=256,mean=0,sd=255", 3)
    assert (seen.resize, seen.pad, seen.mean, seen.sd, seen.channels) == (256, 1, 0.0, 255.0, 3)
    seen = parse_input("resize=none,pad=32,mean=1/2/3,sd=4/5/6.5", 3)
    assert (seen.resize, seen.pad, seen.mean, seen.sd) == (None, 32, (1, 2, 3), (4, 5, 6.5))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "does not say resize, mean, sd"),
        ("", "does not say resize, mean, sd"),
        ("resize=256", "does not say mean, sd"),
        ("mean=1,sd=1", "does not say resize"),
        ("resize=256,mean=0,sd=0", "sd Input should be greater than 0"),
        ("resize=0,mean=0,sd=1", "resize"),
        ("resize=big,mean=0,sd=1", "resize"),
        ("resize=256,mean=x,sd=1", "mean"),
        ("resize=256,mean=1/x/2,sd=1/2/3", "mean"),
        ("resize=256,mean=1/2,sd=1/2", "one for each of the channels, 3"),
        ("resize=256,mean=1/2/3,sd=1", "one for each of the channels, 3"),
        ("resize=256,mean=nan,sd=1", "mean"),
        ("resize=256,mean=0,sd=1,size=3", "no option 'size'"),
    ],
)
def test_nothing_is_guessed(text, why):
    with pytest.raises(UsageError, match=why) as caught:
        parse_input(text, 3)
    if "size=3" not in str(text):
        assert "resize=256,mean=0,sd=255" in str(caught.value)
