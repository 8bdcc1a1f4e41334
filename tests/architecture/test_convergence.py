"""When several replies say the same."""

from hypothesis import given
from hypothesis import strategies as st

from loomlab.architecture.convergence import final_answer, jaccard, majority, similarity

texts = st.text(alphabet="ab 1.\n", max_size=12)


@given(texts, texts)
def test_likeness_is_a_share_and_knows_no_order(one: str, other: str) -> None:
    assert 0.0 <= jaccard(one, other) == jaccard(other, one) <= 1.0
    assert jaccard(one, one) == 1.0


def test_likeness_counts_words_whatever_the_case() -> None:
    assert jaccard("The cat sat", "the CAT ran") == 2 / 4
    assert jaccard("", "") == 1.0 and jaccard("", "a") == 0.0
    assert jaccard("it costs 1.5", "it costs 1.7") == 2 / 4


def test_the_most_different_pair_decides() -> None:
    assert similarity(["a", "a", "b"]) == 0.0 and similarity(["a"]) == 1.0


def test_the_final_answer_is_the_last_line_that_names_one() -> None:
    assert final_answer("Answer: 3?\nno\n**Answer:** 4") == "4" and final_answer("the answer: 4") is None
    assert similarity(["x\nAnswer: 4", "y"]) == 0.0


@given(st.lists(st.sampled_from(["A", "a.", "b", "Answer: b"]), min_size=1, max_size=5))
def test_a_vote_names_one_reply_with_the_most_votes(replies: list[str]) -> None:
    place, votes = majority(replies)
    kinds = ["b" if "b" in one else "a" for one in replies]
    assert votes == kinds.count(kinds[place]) == max(kinds.count("a"), kinds.count("b"))
    assert kinds.index(kinds[place]) == place
