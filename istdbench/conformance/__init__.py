"""The suite that every method passes, built-in or a stranger's: run by `istdbench check`, or by pytest in three lines:

    @pytest.mark.parametrize("case", cases("my_method"), ids=str)
    def test_the_method_keeps_the_contract(case):
        case.run()

Methods are checked, and the import of the package that brings them. Its data sets, metrics, probes and reporters are
not.
"""

from istdbench.conformance.sentences import ConformanceError
from istdbench.conformance.suite import Case, Result, all_cases, cases

__all__ = ["Case", "ConformanceError", "Result", "all_cases", "cases"]
