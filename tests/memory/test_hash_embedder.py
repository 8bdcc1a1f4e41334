import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.memory import HashEmbedder

pytestmark = pytest.mark.anyio


def cosine(a: list[float], b: list[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


async def test_punctuation_case_and_width_do_not_matter() -> None:
    one, two, three = await HashEmbedder().embed_batch(
        ["I like green tea", "i LIKE green tea!", "I like ｇｒｅｅｎ tea"]
    )
    assert cosine(one, two) == pytest.approx(1)
    assert cosine(one, three) == pytest.approx(1)


async def test_texts_are_as_close_as_the_words_they_share() -> None:
    embedder = HashEmbedder()
    base, near, far = await embedder.embed_batch(
        ["I like green tea", "I like black tea", "stocks fell sharply yesterday"]
    )
    assert cosine(base, near) > 0.6
    assert abs(cosine(base, far)) < 0.15


async def test_long_texts_are_not_alike_by_the_words_that_every_text_has() -> None:
    one, two = await HashEmbedder().embed_batch(
        [
            "When I was at the station I had to wait for the train, and that was the end of my day in the city.",
            "What we have to do is to ask if the bank of my aunt will pay for that roof, as it was in the letter.",
        ]
    )
    assert cosine(one, two) < 0.2


async def test_japanese_and_chinese_texts_share_their_characters() -> None:
    one, two = await HashEmbedder().embed_batch(["私は緑茶が好き", "私は紅茶が好き"])
    assert cosine(one, two) > 0.6


async def test_vectors_are_the_same_in_every_process() -> None:
    vector = await HashEmbedder(8).embed("green tea")
    assert vector == await HashEmbedder(8).embed("green tea")
    assert [round(value, 4) for value in vector] == [0.4082, -0.4082, -0.4082, -0.4082, -0.4082, -0.4082, 0.0, 0.0]


@given(st.text(), st.integers(min_value=1, max_value=16))
async def test_every_text_has_a_unit_vector_of_the_asked_size(text: str, dimensions: int) -> None:
    vector = await HashEmbedder(dimensions).embed(text)
    assert len(vector) == dimensions
    assert math.fsum(value * value for value in vector) == pytest.approx(1)


def test_its_name_tells_the_dimensions() -> None:
    assert (HashEmbedder().name, HashEmbedder().dimensions) == ("hash-embedder-384", 384)


@pytest.mark.parametrize("dimensions", [0, -3])
def test_no_dimensions_are_refused(dimensions: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        HashEmbedder(dimensions)


async def test_no_texts_give_no_vectors() -> None:
    assert await HashEmbedder().embed_batch([]) == []
