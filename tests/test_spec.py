"""Names with options, as typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istdbench.errors import UsageError
from istdbench.registry import build_dataset
from istdbench.spec import LONGEST_SLUG, Spec, check_options, parse_spec, parse_specs


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("tophat", Spec("tophat")),
        ("synth:n=64,scr=3.5", Spec("synth", "", {"n": 64, "scr": 3.5})),
        ("folder:/data/a b", Spec("folder", "/data/a b")),
        ("folder:/data/x=1/y,mask_suffix=_pixels0", Spec("folder", "/data/x=1/y", {"mask_suffix": "_pixels0"})),
        ('folder:"/data/a,b=c/x",range=7:9', Spec("folder", "/data/a,b=c/x", {"range": "7:9"})),
        ('folder:"a=1",mask_suffix="_x,1"', Spec("folder", "a=1", {"mask_suffix": "_x,1"})),
        ('folder:"say ""hi"", twice"', Spec("folder", 'say "hi", twice')),
        ("m:flag=true,other=False,word=x", Spec("m", "", {"flag": True, "other": False, "word": "x"})),
    ],
)
def test_a_name_is_read_with_its_argument_and_options(text, spec):
    assert parse_spec(text) == spec


def test_a_comma_separates_names_unless_an_option_follows():
    specs = parse_specs("mim_istd:inner=all,variant=head,baseline, tophat:size=7")
    assert [str(spec) for spec in specs] == ["mim_istd:inner=all,variant=head", "baseline", "tophat:size=7"]


def test_a_written_spec_reads_back_whatever_the_order_of_options():
    assert parse_spec(str(parse_spec("synth:scr=3,n=64"))) == parse_spec("synth:n=64,scr=3")
    assert str(parse_spec("a:y=true,x=1")) == "a:x=1,y=true"


@given(st.text(min_size=1).map(str.strip).filter(bool), st.text('ab=,"/: ', min_size=1))
def test_any_path_and_value_survive_being_written_and_read_even_in_a_list(path, value):
    spec = Spec("folder", path, {"mask_suffix": f"x{value}"})
    assert parse_spec(str(spec)) == spec
    assert parse_specs(f"tophat:size=7,{spec},nuaa") == [parse_spec("tophat:size=7"), spec, Spec("nuaa")]


def test_what_needs_no_quotes_is_written_without():
    for text in ("folder:/data/x=1/y,mask_suffix=_m", "folder:/data/a b,range=minmax", "folder:./a=b"):
        assert str(parse_spec(text)) == text


@pytest.mark.parametrize("text", ["/data/mine", "folder:/data/a,b/x", "tophat,./data"])
def test_a_path_where_a_name_is_needed_is_told_how_paths_are_written(text):
    with pytest.raises(UsageError, match=r"is a path, no name; a folder of data is folder:PATH; .*: 'folder:\"PATH\"'"):
        parse_specs(text)


def test_a_quote_that_is_not_closed_is_refused():
    with pytest.raises(UsageError, match="a double quote is not closed"):
        parse_spec('folder:"/data/a,b')


def test_a_slug_has_no_character_that_a_file_name_may_not_have():
    assert parse_spec("folder:/data/a,mask_suffix=_m").slug == "folder-_data_a-mask_suffix=_m"
    assert parse_spec('folder:"/data/a,b"').slug == "folder-_data_a-b"


def test_a_slug_that_no_file_name_could_hold_is_cut_and_stays_one_name_alone():
    long = [parse_spec(f"folder:/{'å' * 200}/{end}").slug for end in "ab"]
    assert all(len(slug.encode()) <= LONGEST_SLUG and slug.startswith("folder-_å") for slug in long)
    assert long[0] != long[1]
    name = f"folder:{'x' * (LONGEST_SLUG - len('folder-'))}"
    assert parse_spec(name).slug == name.replace(":", "-")


@pytest.mark.parametrize("text", ["", ":n=3", "  "])
def test_a_missing_name_is_refused(text):
    with pytest.raises(UsageError, match="name is missing"):
        parse_spec(text)


def test_two_arguments_are_refused():
    with pytest.raises(UsageError, match="both '/a' and '/b'.*a path with a comma or = in it stands in double quotes"):
        parse_spec("folder:/a,/b")


def test_of_a_path_with_a_comma_the_rest_is_no_data_set_and_the_quotes_are_shown_as_a_shell_needs_them():
    specs = parse_specs("folder:/data/a,b")
    with pytest.raises(UsageError, match="unknown data set 'b'; there are: nuaa, .*: 'folder:\"PATH\"'"):
        build_dataset(specs[1])


def test_an_empty_list_is_refused():
    with pytest.raises(UsageError, match="no name given"):
        parse_specs(" , ")


def test_an_unknown_option_gets_the_near_one():
    with pytest.raises(UsageError, match=r"m: no option 'innr'; did you mean 'inner'\? It has: inner, variant"):
        check_options("m", ["innr"], ["variant", "inner"])
