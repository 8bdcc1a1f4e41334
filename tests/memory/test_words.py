from loomlab.memory.words import keywords, read, stem, words


def test_words_fold_case_and_width_and_drop_punctuation() -> None:
    assert words("The Café, ＡＢＣ-12!") == ["the", "café", "abc", "12"]


def test_characters_of_scripts_without_blanks_are_words() -> None:
    assert words("緑茶 tea") == ["緑", "茶", "tea"]


def test_keywords_leave_out_what_is_too_common_or_too_short() -> None:
    assert keywords("What is the price of a green 茶?") == {"price", "green", "茶"}


def test_a_plural_or_verbal_s_is_no_part_of_a_stem() -> None:
    pairs = {"cats": "cat", "lives": "live", "berries": "berry", "bus": "bus", "glass": "glass", "radius": "radius"}
    assert {word: stem(word) for word in pairs} == pairs


def test_a_text_is_read_into_words_stems_and_what_is_inside_of_it() -> None:
    told = read("Cats love the two dogs")
    assert told.words == ("cats", "love", "the", "two", "dogs")
    assert told.stems == {"cat", "love", "two", "dog"}
    assert told.inner == {"love", "two"}
    assert read("") == ((), frozenset(), frozenset())
    long = "tea " * 1_000
    assert read(long).stems == {"tea"}
