"""The package keeps istdbench's contract: the suite that the built-in methods pass too."""

import pytest

from istdbench.conformance import cases


@pytest.mark.parametrize("case", cases("istdbench-blobness"), ids=str)
def test_the_package_keeps_the_contract(case):
    case.run()
