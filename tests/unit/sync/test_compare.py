import pytest
from hypothesis import given
from hypothesis import strategies as st

from runai_operator.sync.compare import Difference, differences, equal, escape, without

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)

EQUAL = {
    "null is the same as absent": ({"a": None}, {}),
    "absent is the same as null": ({}, {"a": None}),
    "null within a list's object is absent": ({"a": [{"b": 1, "c": None}]}, {"a": [{"b": 1}]}),
    "2 is 2.0": ({"a": 2}, {"a": 2.0}),
    "1Gi of memory is 1024Mi": ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1024Mi"}}),
    "half a core is 500m": ({"requests": {"cpu": "0.5"}}, {"requests": {"cpu": "500m"}}),
    "a quantity may be written as a number": ({"limits": {"nvidia.com/gpu": 1}}, {"limits": {"nvidia.com/gpu": "1"}}),
    "1k is 1000": ({"hard": {"pods": "1k"}}, {"hard": {"pods": "1000"}}),
    "1e3 is 1000": ({"capacity": {"storage": "1e3"}}, {"capacity": {"storage": "1000"}}),
    "1E is an exa, not an exponent": ({"capacity": {"x": "1E"}}, {"capacity": {"x": "1000P"}}),
    "a quantity within a list": (
        {"containers": [{"resources": {"limits": {"cpu": "1"}}}]},
        {"containers": [{"resources": {"limits": {"cpu": "1000m"}}}]},
    ),
    "sizeLimit is a quantity itself": ({"emptyDir": {"sizeLimit": "1Gi"}}, {"emptyDir": {"sizeLimit": "1024Mi"}}),
}


@pytest.mark.parametrize("name", EQUAL)
def test_two_spellings_of_one_value_do_not_differ(name):
    desired, observed = EQUAL[name]
    assert [*differences(desired, observed)] == []
    assert equal(desired, observed)


DIFFERENT = {
    "true is not 1": ({"a": True}, {"a": 1}, [("/a", True, 1)]),
    "false is not 0": ({"a": False}, {"a": 0}, [("/a", False, 0)]),
    "true is not 1 as a quantity either": ({"limits": {"x": True}}, {"limits": {"x": 1}}, [("/limits/x", True, 1)]),
    "false is not absent": ({"a": False}, {}, [("/a", False, None)]),
    "0 is not absent": ({"a": 0}, {}, [("/a", 0, None)]),
    "an empty object is not absent": ({"a": {}}, {}, [("/a", {}, None)]),
    "an empty list is not absent": ({"a": []}, {}, [("/a", [], None)]),
    "elsewhere 1 and 1.0 are two strings": ({"image": "1"}, {"image": "1.0"}, [("/image", "1", "1.0")]),
    "elsewhere a number is no string": ({"port": 80}, {"port": "80"}, [("/port", 80, "80")]),
    "two quantities": ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1m"}}, [("/limits/cpu", "1", "1m")]),
    "what is no quantity is a string": ({"limits": {"x": "1x"}}, {"limits": {"x": "1y"}}, [("/limits/x", "1x", "1y")]),
    "lists are told whole": ({"args": ["a", "b"]}, {"args": ["a", "c"]}, [("/args", ["a", "b"], ["a", "c"])]),
    "the order of a list counts": ({"args": ["a", "b"]}, {"args": ["b", "a"]}, [("/args", ["a", "b"], ["b", "a"])]),
    "a longer list": ({"args": ["a"]}, {"args": ["a", "a"]}, [("/args", ["a"], ["a", "a"])]),
    "one object in a list": ({"c": [{"n": 1}]}, {"c": [{"n": 2}]}, [("/c", [{"n": 1}], [{"n": 2}])]),
    "true in a list is not 1": ({"c": [True]}, {"c": [1]}, [("/c", [True], [1])]),
    "a field that was removed from the spec": ({}, {"a": 1}, [("/a", None, 1)]),
    "a field within a field": ({"a": {"b": 1}}, {"a": {"b": 2}}, [("/a/b", 1, 2)]),
    "an object that became a list": ({"a": {"b": 1}}, {"a": [1]}, [("/a", {"b": 1}, [1])]),
    "a key with a slash and a tilde": ({"x/y~z": 1}, {"x/y~z": 2}, [("/x~1y~0z", 1, 2)]),
    "in the order of the desired side": (
        {"b": 1, "a": 1},
        {"c": 1, "a": 2, "b": 2},
        [("/b", 1, 2), ("/a", 1, 2), ("/c", None, 1)],
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_told_with_its_path_and_both_values(name):
    desired, observed, expected = DIFFERENT[name]
    assert [(each.path, each.desired, each.observed) for each in differences(desired, observed)] == expected
    assert not equal(desired, observed)


IGNORED = {
    "the path itself": ("/manifest/spec/replicas", ["/manifest/spec/replicas"], True),
    "all below it": ("/manifest/spec/template/x", ["/manifest/spec"], True),
    "with a slash at its end": ("/manifest/spec/replicas", ["/manifest/spec/replicas/"], True),
    "one of several": ("/scheduling/priority", ["/manifest/spec", "/scheduling/priority"], True),
    "a key that only begins the same": ("/manifest/spec/replicasMax", ["/manifest/spec/replicas"], False),
    "what is above it": ("/manifest/spec", ["/manifest/spec/replicas"], False),
    "an escaped key": ("/manifest/metadata/labels/a~1b", ["/manifest/metadata/labels/a~1b"], True),
    "nothing": ("/manifest/spec/replicas", [], False),
}


@pytest.mark.parametrize("name", IGNORED)
def test_ignored_paths(name):
    path, pointers, ignored = IGNORED[name]
    difference = Difference(path, 1, 2)
    assert without([difference], pointers) == (() if ignored else (difference,))


def test_a_path_follows_the_place_where_the_comparison_begins():
    assert [each.path for each in differences({"spec": {"a": 1}}, {}, "/manifest")] == ["/manifest/spec"]


@pytest.mark.parametrize("beyond", ["1e9999999999999999999999", "-1e9999999999999999999999", "9" * 1_000_001 + "Ki"])
def test_a_quantity_beyond_all_numbers_is_a_text_like_any_other(beyond):
    assert equal({"limits": {"cpu": beyond}}, {"limits": {"cpu": beyond}})
    assert not equal({"limits": {"cpu": beyond}}, {"limits": {"cpu": "1"}})
    assert not equal({"limits": {"cpu": 1}}, {"limits": {"cpu": beyond}})


@given(JSON)
def test_every_value_is_equal_to_itself(value):
    assert equal(value, value)
    assert [*differences(value, value)] == []


@given(JSON, JSON)
def test_values_differ_exactly_where_they_are_not_equal_and_both_ways_alike(one, other):
    assert equal(one, other) == equal(other, one) == (not [*differences(one, other)])


@given(st.text(), st.text())
def test_escaped_keys_stay_apart_and_hold_no_slash(one, other):
    assert (escape(one) == escape(other)) == (one == other)
    assert "/" not in escape(one)
