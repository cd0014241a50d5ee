"""What `check` decides: points, lines, the state of a function that is blank, wrong or raises."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from autograder import check as check_in_notebooks
from autograder.check import check, judge, judge_function
from autograder.exercise import Verdict
from autograder.exercises import UnknownExercise, every, find
from autograder.feedback import as_text
from autograder.markup import plain_text
from autograder.wire import CallError, Outcome


def verdict_of(name, function, seed=0):
    return judge_function(find(name), function, np.random.default_rng(seed))


def failing(verdict):
    return [line.name for line in verdict.lines if not line.passed]


def wrong_mean(Z):
    return Z.mean(axis=0, keepdims=True)


def test_a_right_function_has_all_points_and_every_line_passes():
    verdict = verdict_of("batch_mean", lambda Z: Z.mean(axis=1, keepdims=True))
    assert (verdict.status, verdict.points, failing(verdict)) == ("passed", 1, [])


def test_a_blank_function_is_not_written_yet():
    def batch_mean(Z):
        raise NotImplementedError

    verdict = verdict_of("batch_mean", batch_mean)
    assert (verdict.status, verdict.points) == ("blank", 0)
    assert verdict.message == "batch_mean is not written yet."


def test_a_function_that_is_half_written_is_wrong_and_not_blank():
    def batch_mean(Z):
        if Z.shape[1] == 1:
            return Z
        raise NotImplementedError("the rest")

    verdicts = [verdict_of("batch_mean", batch_mean, seed) for seed in range(30)]
    assert {"wrong", "blank"} >= {verdict.status for verdict in verdicts}
    assert "wrong" in {verdict.status for verdict in verdicts}


def test_an_error_is_told_with_its_line():
    def batch_mean(Z):
        return Z.meen(axis=1)

    verdict = verdict_of("batch_mean", batch_mean)
    line = batch_mean.__code__.co_firstlineno + 1
    assert "AttributeError" in verdict.message
    assert f"(line {line})" in verdict.message


def test_what_fails_on_ordinary_inputs_earns_nothing():
    verdict = verdict_of("batch_variance", lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True))
    assert (verdict.status, verdict.points) == ("wrong", 0)


def test_what_fails_on_one_edge_case_loses_an_equal_part_of_half_the_points():
    verdict = verdict_of("batch_variance", lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - mu**2)
    assert verdict.status == "partial"
    assert failing(verdict) == ["a large mean"]
    assert verdict.points == 1.75  # 2 points, four edge cases


def test_what_fails_on_every_edge_case_keeps_half_the_points():
    def batch_mean(Z):
        ordinary = (
            Z.shape[1] > 1 and Z.flags.c_contiguous and np.abs(Z).max() < 100 and np.ptp(Z, axis=1).all()
        )
        return Z.mean(axis=1, keepdims=True) if ordinary else None

    assert verdict_of("batch_mean", batch_mean).points == 0.5


def test_who_changes_an_input_earns_nothing_and_is_told_which():
    def batch_variance(Z, mu):
        Z -= mu
        return (Z**2).mean(axis=1, keepdims=True)

    verdict = verdict_of("batch_variance", batch_variance)
    assert verdict.points == 0
    assert "changes its argument Z" in verdict.message


def test_handing_back_an_input_is_allowed():
    assert verdict_of("identity_parameters", lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), mu)).passed


def test_a_function_that_remembers_its_first_answer_is_wrong():
    memory = {}

    def batch_mean(Z):
        return memory.setdefault(Z.shape, Z.mean(axis=1, keepdims=True))

    assert verdict_of("batch_mean", batch_mean).points == 0


def test_a_function_that_is_right_only_the_first_time_is_wrong():
    def careless():
        calls = []

        def batch_mean(Z):
            calls.append(Z)
            return Z.mean(axis=1, keepdims=True) + (len(calls) > 13)

        return batch_mean

    assert not verdict_of("batch_mean", careless()).passed


def test_the_first_wrong_stage_is_named():
    def stages(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
        right = find("batchnorm_backward_stages").reference(dZ_tilde, Z, gamma, mu, sigma2, eps)
        return {**right, "dmu": 2 * right["dmu"], "dZ": 3 * right["dZ"]}

    verdict = verdict_of("batchnorm_backward_stages", stages)
    assert "the first wrong stage is dmu" in verdict.message
    assert [line.passed for line in verdict.lines if line.name.startswith("d")] == [True, True, False, False]


def test_mu_is_looked_at_before_what_is_made_of_it():
    verdict = verdict_of("batchnorm_forward", lambda Z, gamma, beta, eps=1e-5: (Z, Z, 0 * gamma, 0 * gamma))
    assert "the first wrong stage is mu" in verdict.message


def test_an_example_is_an_ordinary_call_small_enough_to_try_by_hand():
    verdict = verdict_of("batch_variance", lambda Z, mu: 2 * ((Z - mu) ** 2).mean(axis=1, keepdims=True))
    inputs = dict(verdict.example.inputs)
    assert list(inputs) == ["Z", "mu"]
    assert inputs["Z"].count(",") < 12
    assert "e+" not in inputs["Z"]


def test_the_same_seed_gives_the_same_verdict():
    assert verdict_of("batch_mean", wrong_mean, 7) == verdict_of("batch_mean", wrong_mean, 7)


def test_another_seed_gives_other_numbers():
    assert verdict_of("batch_mean", wrong_mean, 7).example != verdict_of("batch_mean", wrong_mean, 8).example


def test_a_call_that_took_its_process_along_ends_the_asking():
    asked = []

    def call(request):
        asked.append(request)
        return Outcome(None, CallError("timeout", "the call took longer than 10 s"))

    verdict = judge(find("batch_mean"), call, np.random.default_rng(0))
    assert len(asked) <= 2  # an edge case may have come first
    assert verdict.points == 0
    assert "longer than 10 s" in verdict.message


def test_calls_come_in_another_order_each_time():
    def order(seed):
        shapes = []

        def batch_mean(Z):
            shapes.append(Z.shape)
            return Z.mean(axis=1, keepdims=True)

        verdict_of("batch_mean", batch_mean, seed)
        return shapes

    assert len({tuple(order(seed)) for seed in range(5)}) == 5


@pytest.mark.filterwarnings("ignore")
def test_warnings_and_prints_cost_nothing(capsys):
    def batch_mean(Z):
        print("working")
        np.log(-1.0)
        return Z.mean(axis=1, keepdims=True)

    assert verdict_of("batch_mean", batch_mean).passed


@pytest.mark.parametrize("name", [exercise.name for exercise in every()])
def test_every_failing_line_says_what_is_wrong(name):
    verdict = verdict_of(name, lambda *given, **keywords: None)
    assert failing(verdict)
    assert all(line.message for line in verdict.lines if not line.passed)


def test_a_verdict_survives_being_written_down():
    for function in (wrong_mean, find("batch_mean").reference):
        verdict = verdict_of("batch_mean", function)
        assert Verdict.from_dict(verdict.to_dict()) == verdict


def test_help_with_a_mistake_escalates_each_time_that_it_shows(capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["autograder.check"], "_tries", {})

    def batch_mean(Z):
        return Z.mean(axis=0, keepdims=True)

    def shown(function):
        check_in_notebooks(function, "batch_mean")
        return capsys.readouterr().out

    texts = [shown(batch_mean) for _ in range(4)]
    assert [text.count("Pointer:") for text in texts] == [0, 1, 1, 1]
    assert [text.count("Explanation:") for text in texts] == [0, 0, 1, 1]
    assert "all checks passed" in shown(lambda Z: Z.mean(axis=1, keepdims=True))
    assert "Pointer:" not in shown(lambda Z: Z.sum(axis=1, keepdims=True))


def test_check_returns_the_points_as_a_bare_number(capsys):
    def batch_mean(Z):
        return Z.mean(axis=1, keepdims=True)

    score = check_in_notebooks(batch_mean)
    assert repr(score) == "1"
    assert "1" not in score._repr_html_()  # the box above the score says it


def test_an_unknown_function_is_told(capsys):
    def batch_meen(Z):
        return Z

    with pytest.raises(UnknownExercise, match="did you mean batch_mean"):
        check_in_notebooks(batch_meen)


def test_an_exercise_without_edge_cases_is_all_or_nothing():
    exercise = find("batch_mean")
    ordinary = [probe for probe in exercise.probes if probe(np.random.default_rng(0)).edge is None]
    verdict = judge_function(replace(exercise, probes=tuple(ordinary)), wrong_mean, np.random.default_rng(0))
    assert verdict.points == 0


def test_a_function_that_lets_bnkit_answer_fails_in_a_notebook_as_it_will_when_graded(capsys):
    def batch_mean(Z):
        import bnkit

        return bnkit.batch_mean(Z)

    assert check_in_notebooks(batch_mean).points == 0
    assert "bnkit.batch_mean is withheld" in capsys.readouterr().out


def test_a_failing_check_points_at_the_function_called_that_failed_before(capsys):
    namespace = {}
    exec("def batch_mean(Z):\n    return Z.mean()", namespace)
    exec("def batchnorm_forward(Z, gamma, beta, eps=1e-5):\n    return batch_mean(Z)", namespace)
    check_in_notebooks(namespace["batch_mean"])
    capsys.readouterr()
    check_in_notebooks(namespace["batchnorm_forward"])
    assert "batch_mean did not pass the last check: start there" in capsys.readouterr().out


def test_an_error_is_told_in_full_once_with_its_usual_cause():
    def batch_variance(Z, mu):
        return (Z - mu) ^ 2

    verdict = verdict_of("batch_variance", batch_variance)
    messages = [line.message for line in verdict.lines if not line.passed]
    assert "a power is written `**`" in messages[0]
    assert set(messages[1:]) == {"the same TypeError"}


@pytest.mark.parametrize("seed", range(20))
def test_a_function_that_ends_its_process_earns_nothing_in_whatever_order_it_is_called(seed):
    def crashing(call):
        return Outcome(error=CallError("crashed", "the process ended"))

    verdict = judge(find("batch_mean"), crashing, np.random.default_rng(seed))
    assert (verdict.points, verdict.status) == (0, "wrong")


@pytest.mark.parametrize("seed", range(20))
def test_a_function_that_ends_its_process_for_one_example_keeps_the_rest(seed):
    def call(request):
        (Z,) = (getattr(argument, "array", argument) for argument in request.args)
        if Z.shape[1] == 1:
            return Outcome(error=CallError("crashed", "the process ended"))
        return Outcome(Z.mean(axis=1, keepdims=True))

    verdict = judge(find("batch_mean"), call, np.random.default_rng(seed))
    assert verdict.status == "partial"
    assert verdict.points >= 0.5


HUGE = {
    "list of arrays": lambda: [np.ones(999)] * 8000,
    "many keys": lambda: {f"{i} {'k' * 150}": 1 for i in range(40_000)},
    "nested": lambda: [[[] for _ in range(200)] for _ in range(200)],
    "array": lambda: np.zeros((1000, 1000)),
    "escapes": lambda: {"\x1b[31m\u202e" + "k" * 150 + str(i): 1 for i in range(900)},
}


@pytest.mark.parametrize("name", ["batch_mean", "batchnorm_backward_stages", "initialize_parameters"])
@pytest.mark.parametrize("kind", HUGE)
def test_a_huge_result_is_wrong_in_a_few_words_and_looked_at_no_further(name, kind, monkeypatch):
    value = HUGE[kind]()
    looked_at = []
    monkeypatch.setattr(
        "autograder.feedback.np.array2string", lambda array, **rest: looked_at.append(array.size)
    )
    monkeypatch.setattr(
        "autograder.example.in_print", lambda value, names=(): looked_at.append(numbers(value)) or ""
    )
    verdict = judge(find(name), lambda request: Outcome(value), np.random.default_rng(0))
    assert verdict.points == 0
    assert len(str(verdict.to_dict())) < 10_000
    assert sum(looked_at) < 1000


def numbers(value):
    if isinstance(value, dict | list | tuple):
        return sum(map(numbers, value.values() if isinstance(value, dict) else value))
    return np.size(getattr(value, "array", value))


def test_keys_that_do_not_belong_there_are_told_together():
    reference = find("update_parameters").reference

    def more(parameters, gradients, alpha):
        return {**reference(parameters, gradients, alpha), **dict.fromkeys(map(str, range(300)), 1.0)}

    verdict = verdict_of("update_parameters", more)
    assert "0, 1, 2, 3, 4 and 295 more do not belong there" in verdict.message
    assert [line.name for line in verdict.lines if not line.passed and not line.edge] == ["0"]


def test_keys_named_like_edge_cases_are_keys():
    reference = find("batchnorm_backward_stages").reference

    def stages(*given, **keywords):
        return {**reference(*given, **keywords), "one example (m = 1)": 1.0}

    assert verdict_of("batchnorm_backward_stages", stages).points == 0


def test_what_a_function_says_is_told_without_escapes():
    def batch_mean(Z):
        raise type("\x1b[31mRed", (Exception,), {})("a \x1b[2Jb \u202ec")

    def coloured(Z):
        return type("\u202eClass", (), {})()

    verdicts = [verdict_of("batch_mean", batch_mean), verdict_of("batch_mean", coloured)]
    verdicts.append(verdict_of("batchnorm_backward_stages", lambda *a, **k: {"\x1b[31mkey\u202e": 1.0}))
    for verdict in verdicts:
        said = "".join(f"{line.name} {line.message}" for line in verdict.lines) + as_text(verdict)
        assert plain_text(said) == said
    assert "a b c" in verdicts[0].message


def test_a_name_is_no_function():
    with pytest.raises(TypeError, match=r"check\(batch_mean\)"):
        check("batch_mean")
