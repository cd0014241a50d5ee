"""What a function may be given: series of calls above all."""

import numpy as np
import pytest

from autograder.arguments import Carried, Each, OnDevice, Rng, Strided, called, mapped, materialise
from autograder.compare import expect, matches, problems
from autograder.exercise import Case, plain
from autograder.sandbox import Sandbox
from autograder.stand_in import DeviceArray
from autograder.stripping import build_packages
from autograder.wire import Call, decode, encode, normalise
from autograder.worker import call_function

SERIES = (Carried(np.zeros(2), 0), Each((1.0, 2.0, 3.0)), Carried({}, 1, opaque=True))
TOTALS = [[1, 1], [3, 3], [6, 6]]


def add(total, step, state):
    return total + step, {"calls": state.get("calls", 0) + 1}


def count(total, step, state):
    return total + step, {"calls": [*state.get("calls", []), step]}


def spoil(total, step, state):
    state["calls"] = state.get("calls", 0) + 1
    return total + step, state


def test_a_series_hands_each_result_to_the_next_call():
    results = called(add, materialise(SERIES), {})
    assert [total.tolist() for total in results] == TOTALS


def test_two_strands_can_be_interwoven():
    arguments = (Carried(0, 0, lag=2), Each((1, 10, 2, 20)), Carried({}, 1, opaque=True, lag=2))
    assert called(add, arguments, {}) == [1, 10, 3, 30]


def test_parts_that_are_not_opaque_all_stand_in_the_results():
    arguments = (Carried(0, 0), Each((5, 6)), Carried({}, 1))
    assert called(add, arguments, {}) == [(5, {"calls": 1}), (11, {"calls": 2})]


@pytest.mark.parametrize("returned", [None, 3.0, (1.0,), {"a": 1, "b": 2}])
def test_a_series_whose_function_returns_too_little_is_a_type_error(returned):
    with pytest.raises(TypeError, match="expected 2 results"):
        called(lambda *given: returned, SERIES, {})


def test_the_function_keeps_its_own_kind_of_state():
    from collections import defaultdict

    seen = []

    def custom(total, step, state):
        state = state or defaultdict(float)
        seen.append(type(state).__name__)
        return total + step, defaultdict(float, {**state, "t": state["t"] + 1})

    outcome = call_function(custom, SERIES, {}, ("total", "step", "state"))
    assert outcome.error is None
    assert seen == ["defaultdict"] * 3


def test_a_state_that_is_changed_is_told_by_its_name():
    outcome = call_function(spoil, SERIES, {}, ("total", "step", "state"))
    assert outcome.changed == ("state",)
    assert call_function(add, SERIES, {}, ("total", "step", "state")).changed == ()


def test_a_state_that_cannot_be_copied_is_no_error():
    class Stubborn(dict):
        def __deepcopy__(self, memo):
            raise RuntimeError("no copies")

    def stubborn(total, step, state):
        return total + step, Stubborn()

    outcome = call_function(stubborn, SERIES, {}, ("total", "step", "state"))
    assert outcome.error is None
    assert outcome.changed == ()


def test_a_series_crosses_the_wall_and_its_state_does_not(tmp_path):
    source = (
        "class State: pass\n"
        "def add(total, step, state):\n"
        "    new = State()\n"
        "    new.t = getattr(state, 't', 0) + 1\n"
        "    return total + step * new.t, new\n"
    )
    with Sandbox(build_packages((), tmp_path)) as sandbox:
        assert sandbox.run("add", source) is None
        outcome = sandbox.call(Call("add", SERIES, names=("total", "step", "state")))
    assert outcome.error is None
    assert [total.tolist() for total in outcome.value] == [[1, 1], [5, 5], [14, 14]]


def test_the_trusted_side_judges_a_series_as_a_whole():
    case = Case(dict(zip(("total", "step", "state"), SERIES, strict=True)))
    expectation = expect(add, case, np.random.default_rng(0))
    assert matches([np.array(total, float) for total in TOTALS], expectation)
    (problem,) = problems([np.zeros(2), *map(np.array, TOTALS[1:])], expectation, ("total",))
    assert problem.message.startswith("in call 1 of a series, total[0] is 0")


def test_requests_keep_what_an_argument_should_be():
    value = (Rng(3), Strided(np.eye(2), True), OnDevice(np.ones(2)), *SERIES)
    rng, strided, device, carried, each, state = decode(encode(value)).value
    assert (rng.seed, strided.transposed, each.items) == (3, True, (1.0, 2.0, 3.0))
    assert (carried.part, carried.opaque, state.first, state.opaque) == (0, False, {}, True)
    assert device.array.tolist() == [1, 1]


def test_a_reply_holds_no_series():
    with pytest.raises(ValueError, match="tag"):
        decode(encode(SERIES), reply=True)


def test_an_array_arrives_on_the_device_and_comes_back_from_it():
    outcome = call_function(lambda Z: Z, (OnDevice(np.ones(3)),), {}, ("Z",))
    assert isinstance(outcome.value, OnDevice)
    assert isinstance(materialise(OnDevice(np.ones(3))), DeviceArray)
    assert isinstance(plain(OnDevice(np.ones(3, np.float32))), DeviceArray)
    assert isinstance(normalise((DeviceArray(np.ones(3)),))[0], OnDevice)


def test_a_host_array_is_no_answer_for_a_device():
    case = Case({"Z": OnDevice(np.arange(3.0))})
    expectation = expect(lambda Z: Z, case, np.random.default_rng(0))
    assert matches(OnDevice(np.arange(3.0)), expectation)
    (problem,) = problems(np.arange(3.0), expectation, ("Z_tilde",))
    assert "on the host" in problem.message


def test_a_generator_is_as_new_for_every_run_of_a_reference():
    case = Case({"x": np.ones(3), "rng": Rng(5)})
    expectation = expect(lambda x, rng: x + rng.standard_normal(3), case, np.random.default_rng(0))
    assert np.all(expectation.tolerance < 1e-10)


def test_mapped_reaches_everything():
    value = {"a": [1, (2,)], "b": Each((3,)), "c": Carried(4, 0)}
    doubled = mapped(value, lambda x: 2 * x)
    assert doubled["a"] == [2, (4,)]
    assert (doubled["b"].items, doubled["c"].first) == ((6,), 8)
